// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// `a:2181,b:2181/chroot`, taken apart.
struct ConnectString {
    struct Server {
        std::string host; ///< without brackets
        std::uint16_t port = 2181;
        bool operator==(Server const&) const = default;
    };
    std::vector<Server> servers; ///< at least one
    std::string chroot;          ///< empty, or a valid path other than `/`
};

/// Errors name the part that is wrong.
Result<ConnectString> parse_connect_string(std::string_view text);

} // namespace heliosd::store
