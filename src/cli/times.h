// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/result.h"

#include <string>
#include <string_view>

/// Times as people read and type them, in the zone that `TZ` names (spec/cli.md §8.2).
namespace heliosd::cli {

/// `2024-06-10 06:18:20.987`, as the history shows it.
std::string history_time(WallTime time);
/// `Mon, 10 Jun 2024 06:13:20 +0000`, as `inspect` shows it.
std::string inspect_time(WallTime time);
/// `06:18:20.987`, in front of diagnostics.
std::string clock_time(WallTime time);

/// Reads an ISO 8601 date, time or both, local unless it has a zone (spec/cli.md §12.1.6).
Result<WallTime> parse_expiry(std::string_view text);

} // namespace heliosd::cli
