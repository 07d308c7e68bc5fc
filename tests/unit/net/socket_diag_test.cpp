// SPDX-License-Identifier: Apache-2.0
#include "net/socket_diag.h"

#include "net/local_access.h"

#include "support/catch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace heliosd::net {
namespace {

using asio::ip::tcp;

/// A connection of this process with itself.
struct Loopback {
    explicit Loopback(tcp::endpoint listen, tcp::endpoint connect_to) : acceptor(loop) {
        acceptor.open(listen.protocol());
        if (listen.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false));
        acceptor.bind(listen);
        acceptor.listen();
        connect_to.port(acceptor.local_endpoint().port());
        client.connect(connect_to);
        acceptor.accept(server);
    }
    /// As the server sees it.
    TcpTuple tuple() const {
        return client_tuple(server.remote_endpoint(), server.local_endpoint());
    }

    asio::io_context loop;
    tcp::acceptor acceptor;
    tcp::socket client{loop}, server{loop};
};

std::uint32_t inode_of(int fd) {
    struct stat file{};
    REQUIRE(::fstat(fd, &file) == 0);
    return static_cast<std::uint32_t>(file.st_ino);
}

tcp::endpoint at(char const* address) {
    return {asio::ip::make_address(address), 0};
}

TEST_CASE("net: the kernel names the owner of a connection of this machine") {
    struct Row {
        char const *listen, *connect, *why;
    };
    auto const row = GENERATE(Row{"127.0.0.1", "127.0.0.1", "IPv4"}, Row{"::1", "::1", "IPv6"},
                              Row{"::", "127.0.0.1", "IPv4 to a listener for both"},
                              Row{"::", "::ffff:127.0.0.1", "IPv4 over an IPv6 socket"},
                              Row{"127.0.0.1", "::ffff:127.0.0.1", "the same to an IPv4 listener"});
    INFO(row.why);
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    Loopback pair(at(row.listen), at(row.connect));
    auto const entry = diag->find(pair.tuple());
    REQUIRE(entry);
    CHECK(entry->established);
    CHECK(entry->uid == ::geteuid());
    CHECK(entry->inode == inode_of(pair.client.native_handle()));
    CHECK(!refuse_local_peer(pair.tuple(), entry, [](uid_t uid) { return uid == ::geteuid(); }));
    CHECK(refuse_local_peer(pair.tuple(), entry, [](uid_t uid) { return uid != ::geteuid(); }));
}

TEST_CASE("net: after a close the kernel knows no owner, and nobody is let in") {
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    Loopback pair(at("127.0.0.1"), at("127.0.0.1"));
    auto const tuple = pair.tuple();
    pair.client.close();
    auto const entry = diag->find(tuple);
    CHECK(!(entry && entry->established && entry->inode != 0));
    CHECK(refuse_local_peer(tuple, entry, [](uid_t) { return true; }));
}

TEST_CASE("net: a connection that is not there is not mistaken for a listening socket") {
    auto diag = SocketDiag::open();
    REQUIRE(diag);
    Loopback pair(at("127.0.0.1"), at("127.0.0.1"));
    // The own end is the listener's address: what the kernel falls back to.
    TcpTuple const tuple{.source = pair.acceptor.local_endpoint(),
                         .destination = {asio::ip::address_v4::loopback(), 1}};
    auto const entry = diag->find(tuple);
    CHECK(refuse_local_peer(tuple, entry, [](uid_t) { return true; }));
    // The next question still gets its own answer.
    CHECK(diag->find(pair.tuple()).has_value());
}

std::vector<std::byte> bytes_of(std::string_view hex) {
    std::vector<std::byte> bytes;
    auto const digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string digits;
    for (char const c : hex)
        if (c != ' ') digits += c;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(digit(digits[i]) * 16 + digit(digits[i + 1])));
    return bytes;
}

/// What Linux 6.1 said about a connection of user 1000 from 127.0.0.1:40000 to 127.0.0.1:5801.
std::string const recorded = "58000000 14000000 00000000 00000000" // length 88, SOCK_DIAG_BY_FAMILY
                             "02010000"                            // AF_INET, established
                             "9c4016a9"                            // the ports
                             "7f000001 00000000 00000000 00000000" //
                             "7f000001 00000000 00000000 00000000" //
                             "00000000 01000000 00000000"          // interface, cookie
                             "00000000 00000000 00000000"          // expires, queues
                             "e8030000 39300000";                  // uid 1000, inode 12345

TEST_CASE("net: an answer of inet_diag is decoded from its bytes") {
    auto const entry = decode_socket_answer(bytes_of(recorded));
    REQUIRE(entry);
    CHECK(*entry == SocketEntry{.tuple = {.source = {asio::ip::address_v4::loopback(), 40000},
                                          .destination = {asio::ip::address_v4::loopback(), 5801}},
                                .established = true,
                                .uid = 1000,
                                .inode = 12345});
}

TEST_CASE("net: an error, a short answer and a foreign one tell nothing") {
    auto const with = [](std::size_t at, unsigned char value) {
        auto bytes = bytes_of(recorded);
        bytes[at] = static_cast<std::byte>(value);
        return decode_socket_answer(bytes);
    };
    CHECK(!with(4, 2));               // NLMSG_ERROR
    CHECK(!with(0, 87));              // says it is shorter than the entry
    CHECK(!with(0, 89));              // says it is longer than what arrived
    CHECK(!with(16, 1));              // AF_UNIX
    CHECK(!with(17, 8)->established); // CLOSE_WAIT
    auto const whole = bytes_of(recorded);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO(length);
        CHECK(!decode_socket_answer(std::span(whole).first(length)));
    }
}

TEST_CASE("net: a question names both ends, and any state") {
    auto const query =
        encode_socket_query({.source = {asio::ip::address_v4::loopback(), 40000},
                             .destination = {asio::ip::address_v4::loopback(), 5801}});
    CHECK(query == bytes_of("48000000 14000100 00000000 00000000"
                            "02060000 ffffffff 9c4016a9"
                            "7f000001 00000000 00000000 00000000"
                            "7f000001 00000000 00000000 00000000"
                            "00000000 ffffffff ffffffff"));
}

} // namespace
} // namespace heliosd::net
