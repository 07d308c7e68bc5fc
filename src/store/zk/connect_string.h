// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/result.h"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
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

/// The addresses of a host name. The default of `resolve_servers` knows addresses and `localhost`.
using Resolve = std::function<Async<Result<std::vector<asio::ip::address>>>(std::string host)>;

/// All servers by address, `10.0.0.1:2181,…`: the C client looks names up itself otherwise, and
/// blocks the loop. Members that cannot be found are left out as long as one can be.
Async<Result<std::string>> resolve_servers(std::vector<ConnectString::Server> servers,
                                           Resolve resolve);

} // namespace heliosd::store
