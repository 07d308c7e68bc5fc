// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/value.h"
#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

/// Text to values and back.
namespace heliosd::json {

/// What a reader accepts at most.
struct Limits {
    std::size_t bytes = 16 * 1024 * 1024;
    std::size_t depth = 200;
};

/// Reads the first JSON value of `text` (UTF-8, with or without byte order mark) and ignores what
/// follows it (spec/job.md §2.1 [quirk]). Errors: `Errc::invalid` with line and column,
/// `Errc::too_large`.
Result<Value> parse(std::string_view text, Limits limits = {});

/// Compact, members in the order they stand.
std::string write(Value const& value);
/// Two-space indent, `"key" : value`, lists on one line (spec/job.md §1, pretty form), members in
/// the order they stand. `escape_astral` as in `write`; what the command line shows has it off.
std::string write_pretty(Value const& value, bool escape_astral = false);

/// A string as JSON text with its quotes and escapes (spec/job.md §1.1).
std::string quoted(std::string_view text);

} // namespace heliosd::json
