// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace heliosd::net {

enum class Scheme { tcp, unix_socket, tls };

/// Where to connect or listen: a host (name or literal address) with a port, or a socket file.
struct Endpoint {
    Scheme scheme = Scheme::tcp;
    std::string host; ///< without brackets for IPv6; empty means every local address
    std::uint16_t port = 0;
    std::string path; ///< the socket file, for `unix_socket`

    bool operator==(Endpoint const&) const = default;
};

/// Reads `HOST:PORT`, `http://HOST[:PORT][/]`, `https://…`, `tcp://HOST[:PORT]`, `unix:///path`.
/// `default_port` is used when the text has no port; 0 makes the port required. Errors begin with
/// `option`, e.g. `--http`.
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port,
                                std::string_view option);

/// `unix:///run/docker.sock`, `http://host:80`, `https://[::1]:443`.
std::string to_string(Endpoint const& endpoint);

/// The value of the `Host` header: `host:port`, or `localhost` for a socket file.
std::string host_header(Endpoint const& endpoint);

} // namespace heliosd::net
