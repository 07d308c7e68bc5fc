// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <optional>
#include <string_view>

namespace heliosd::docker {

/// Reads the times in Docker's answers: `2026-01-31T12:00:00.123456789Z`, or with an offset.
/// Nothing for what is no such time, and for Docker's "never" (year 1).
std::optional<WallTime> parse_docker_time(std::string_view text);

} // namespace heliosd::docker
