// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/result.h"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <sys/types.h>

namespace heliosd::net {

/// One TCP connection seen from one of its ends: what the kernel calls a four-tuple.
struct TcpTuple {
    asio::ip::tcp::endpoint source, destination;

    bool operator==(TcpTuple const&) const = default;
};

/// What the kernel says about one TCP socket of this machine. After a close it says user 0 and
/// inode 0, whoever the owner was.
struct SocketEntry {
    TcpTuple tuple;
    bool established = false;
    uid_t uid = 0;
    std::uint32_t inode = 0;

    bool operator==(SocketEntry const&) const = default;
};

/// The request for the socket whose own end is `tuple.source`, as inet_diag expects it.
std::vector<std::byte> encode_socket_query(TcpTuple const& tuple);
/// The entry in an answer of inet_diag; nothing when it is an error or malformed.
std::optional<SocketEntry> decode_socket_answer(std::span<std::byte const> answer);

/// Asks the kernel who owns a socket of this machine (NETLINK_SOCK_DIAG). The kernel answers while
/// the request is being sent, so nothing suspends and nothing blocks.
class SocketDiag {
public:
    /// Error: `Errc::unavailable` where the kernel has no socket diagnostics.
    static Result<SocketDiag> open();
    ~SocketDiag();
    SocketDiag(SocketDiag&& other) noexcept;
    SocketDiag& operator=(SocketDiag&&) = delete;

    /// The socket whose own end is `tuple.source`; nothing when there is none.
    std::optional<SocketEntry> find(TcpTuple const& tuple) const;

private:
    explicit SocketDiag(int fd) : fd_(fd) {}

    int fd_;
};

} // namespace heliosd::net
