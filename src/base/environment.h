// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd {

/// The environment variables, read once at start and passed down, so that tests can supply theirs.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The variables of this process.
Environment process_environment();
/// The value of `name`; nothing when it is not set. Set but empty counts as set.
std::optional<std::string> variable(Environment const& environment, std::string_view name);

} // namespace heliosd
