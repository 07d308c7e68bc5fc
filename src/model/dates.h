// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace heliosd::model {

/// Reads a date (spec/job.md §2.4): milliseconds since the epoch, ISO 8601 or RFC 1123, without
/// blanks around it. Out-of-range months, days and hours are refused.
std::optional<WallTime> parse_date(std::string_view text);

/// `2030-06-01T12:00:00.000+0000`; `zone` is what stands at its end.
std::string format_iso(WallTime time, std::string_view zone = "+0000");

/// `Mon Jan 01 00:00:00 UTC 2001`, as the reference's sentences show dates.
std::string format_java(WallTime time);

} // namespace heliosd::model
