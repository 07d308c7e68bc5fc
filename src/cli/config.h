// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace heliosd::cli {

/// `~/.helios/config` (spec/cli.md §2.2).
struct Config {
    std::vector<std::string> master_endpoints;
    std::vector<std::string> domains;
};

/// Reads JSON, or the plain part of HOCON: `key = value` or `key : value`, unquoted text, `[a, b]`,
/// comments behind `#` and `//`, braces and commas where they please. Unknown keys are ignored.
Result<Config> parse_config(std::string_view text);

} // namespace heliosd::cli
