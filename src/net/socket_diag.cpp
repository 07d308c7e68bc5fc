// SPDX-License-Identifier: Apache-2.0
#include "net/socket_diag.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace heliosd::net {
namespace {

using asio::ip::tcp;

struct Query {
    nlmsghdr header;
    inet_diag_req_v2 request;
};

/// An address in the form of inet_diag: four words, of which IPv4 uses the first.
void put_address(__be32 (&to)[4], asio::ip::address const& address) {
    if (address.is_v4()) {
        auto const bytes = address.to_v4().to_bytes();
        std::memcpy(to, bytes.data(), bytes.size());
    } else {
        auto const bytes = address.to_v6().to_bytes();
        std::memcpy(to, bytes.data(), bytes.size());
    }
}

tcp::endpoint take_endpoint(int family, __be32 const (&address)[4], __be16 port) {
    if (family == AF_INET) {
        asio::ip::address_v4::bytes_type bytes;
        std::memcpy(bytes.data(), address, bytes.size());
        return {asio::ip::address_v4(bytes), ntohs(port)};
    }
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), address, bytes.size());
    return {asio::ip::address_v6(bytes), ntohs(port)};
}

} // namespace

std::vector<std::byte> encode_socket_query(TcpTuple const& tuple) {
    Query query{};
    query.header.nlmsg_len = sizeof query;
    query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    query.header.nlmsg_flags = NLM_F_REQUEST;
    auto const source = tuple.source.address();
    query.request.sdiag_family = source.is_v4() ? AF_INET : AF_INET6;
    query.request.sdiag_protocol = IPPROTO_TCP;
    query.request.idiag_states = ~0u;
    auto& id = query.request.id;
    put_address(id.idiag_src, source);
    put_address(id.idiag_dst, tuple.destination.address());
    id.idiag_sport = htons(tuple.source.port());
    id.idiag_dport = htons(tuple.destination.port());
    // Sockets with link-local addresses are bound to their interface.
    if (source.is_v6()) id.idiag_if = static_cast<__u32>(source.to_v6().scope_id());
    id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;

    std::vector<std::byte> bytes(sizeof query);
    std::memcpy(bytes.data(), &query, sizeof query);
    return bytes;
}

std::optional<SocketEntry> decode_socket_answer(std::span<std::byte const> answer) {
    nlmsghdr header{};
    inet_diag_msg message{};
    if (answer.size() < sizeof header + sizeof message) return {};
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || header.nlmsg_len > answer.size() ||
        header.nlmsg_len < sizeof header + sizeof message)
        return {};
    std::memcpy(&message, answer.data() + sizeof header, sizeof message);
    int const family = message.idiag_family;
    if (family != AF_INET && family != AF_INET6) return {};
    auto const& id = message.id;
    return SocketEntry{
        .tuple = {.source = take_endpoint(family, id.idiag_src, id.idiag_sport),
                  .destination = take_endpoint(family, id.idiag_dst, id.idiag_dport)},
        .established = message.idiag_state == TCP_ESTABLISHED,
        .uid = message.idiag_uid,
        .inode = message.idiag_inode};
}

Result<SocketDiag> SocketDiag::open() {
    int const fd =
        ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    if (fd < 0)
        return fail(Errc::unavailable, "the kernel has no socket diagnostics: " +
                                           std::generic_category().message(errno));
    return SocketDiag(fd);
}

SocketDiag::~SocketDiag() {
    if (fd_ >= 0) ::close(fd_);
}

SocketDiag::SocketDiag(SocketDiag&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
}

std::optional<SocketEntry> SocketDiag::find(TcpTuple const& tuple) const {
    std::array<std::byte, 8192> answer;
    // An answer that an earlier, interrupted call left unread must not be taken for ours.
    while (::recv(fd_, answer.data(), answer.size(), MSG_DONTWAIT) >= 0) {
    }

    auto const query = encode_socket_query(tuple);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    auto const sent = ::sendto(fd_, query.data(), query.size(), 0,
                               reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
    if (sent < 0) return {};
    auto const length = ::recv(fd_, answer.data(), answer.size(), MSG_DONTWAIT);
    if (length < 0) return {};
    return decode_socket_answer(std::span(answer).first(static_cast<std::size_t>(length)));
}

} // namespace heliosd::net
