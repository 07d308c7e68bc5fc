// SPDX-License-Identifier: Apache-2.0
#include "net/local_access.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <netinet/in.h>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

using asio::ip::address;
using asio::ip::tcp;

/// `::ffff:1.2.3.4` as `1.2.3.4`: a listener for both families sees IPv4 clients that way.
address unmapped(address const& from) {
    if (!from.is_v6() || !from.to_v6().is_v4_mapped()) return from;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6());
}

/// Without the interface of a link-local address, which is no part of who it is.
address without_scope(address const& from) {
    if (!from.is_v6()) return from;
    return asio::ip::address_v6(from.to_v6().to_bytes());
}

tcp::endpoint comparable(tcp::endpoint const& from) {
    return {without_scope(unmapped(from.address())), from.port()};
}

} // namespace

std::vector<address> interface_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return {};
    std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> const owner(list, ::freeifaddrs);
    std::vector<address> found;
    for (auto const* entry = list; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr) continue;
        if (entry->ifa_addr->sa_family == AF_INET) {
            sockaddr_in v4;
            std::memcpy(&v4, entry->ifa_addr, sizeof v4);
            found.emplace_back(asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)));
        } else if (entry->ifa_addr->sa_family == AF_INET6) {
            sockaddr_in6 v6;
            std::memcpy(&v6, entry->ifa_addr, sizeof v6);
            asio::ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
            found.emplace_back(asio::ip::address_v6(bytes));
        }
    }
    return found;
}

bool is_local_address(address const& peer, std::vector<address> const& own) {
    auto const plain = without_scope(unmapped(peer));
    return plain.is_loopback() || std::ranges::find(own, plain) != own.end();
}

TcpTuple client_tuple(tcp::endpoint const& peer, tcp::endpoint const& local) {
    return {.source = {unmapped(peer.address()), peer.port()},
            .destination = {unmapped(local.address()), local.port()}};
}

bool is_socket_of(TcpTuple const& client, std::optional<SocketEntry> const& entry) {
    // The kernel falls back to a listening socket when there is no such connection.
    return entry && entry->established && entry->inode != 0 &&
           comparable(entry->tuple.source) == comparable(client.source) &&
           comparable(entry->tuple.destination) == comparable(client.destination);
}

std::optional<std::string> refuse_local_peer(TcpTuple const& client,
                                             std::optional<SocketEntry> const& entry,
                                             std::function<bool(uid_t)> const& may_use) {
    if (!is_socket_of(client, entry))
        return "the kernel does not say which user of this machine made this connection; start "
               "heliosd solo with --allow-local-users to let every local user in";
    if (may_use(entry->uid)) return {};
    return fmt::format("user {} of this machine may not use this API: it takes root, the user of "
                       "the daemon and the members of the group of Docker's socket; start heliosd "
                       "solo with --allow-local-users to let every local user in",
                       entry->uid);
}

} // namespace heliosd::net
