// SPDX-License-Identifier: Apache-2.0
#include "net/local_access.h"

#include "support/catch.h"

namespace heliosd::net {
namespace {

using asio::ip::make_address;
using asio::ip::tcp;

tcp::endpoint at(char const* address, unsigned short port) {
    return {make_address(address), port};
}

TEST_CASE("net: what counts as an address of this machine") {
    std::vector<asio::ip::address> const own{make_address("10.0.0.5"), make_address("fe80::5"),
                                             make_address("2001:db8::5")};
    struct Row {
        char const* address;
        bool local;
    };
    for (auto const& row :
         {Row{"127.0.0.1", true}, Row{"127.9.9.9", true}, Row{"::1", true},
          Row{"::ffff:127.0.0.1", true}, Row{"10.0.0.5", true}, Row{"::ffff:10.0.0.5", true},
          Row{"fe80::5%1", true}, Row{"2001:db8::5", true}, Row{"10.0.0.6", false},
          Row{"::ffff:10.0.0.6", false}, Row{"2001:db8::6", false}}) {
        INFO(row.address);
        CHECK(is_local_address(make_address(row.address), own) == row.local);
    }
}

TEST_CASE("net: the loopback address is among those of the interfaces") {
    auto const own = interface_addresses();
    CHECK(std::ranges::find(own, make_address("127.0.0.1")) != own.end());
}

TEST_CASE("net: which connections from this machine are let in") {
    auto const client = client_tuple(at("::ffff:127.0.0.1", 40000), at("::ffff:127.0.0.1", 5801));
    CHECK(client.source == at("127.0.0.1", 40000));
    SocketEntry const good{.tuple = client, .established = true, .uid = 1000, .inode = 7};
    auto const with = [&](auto change) {
        auto entry = good;
        change(entry);
        return entry;
    };
    struct Row {
        std::optional<SocketEntry> entry;
        bool admitted;
        char const* why;
    };
    for (auto const& row : {
             Row{good, true, "a user who may"},
             Row{with([](auto& e) { e.uid = 1001; }), false, "a user who may not"},
             Row{{}, false, "no such socket"},
             Row{with([](auto& e) { e.established = false; }), false, "closing"},
             Row{with([](auto& e) { e.inode = 0; }), false, "closed: without an owner"},
             Row{with([](auto& e) { e.uid = 0, e.inode = 0; }), false, "closed: looks like root"},
             Row{with([](auto& e) { e.tuple.source.port(5801); }), false, "another socket"},
             Row{with([](auto& e) { e.tuple.destination = {}; }), false, "a listening socket"},
             Row{with([](auto& e) { e.tuple.source = at("::ffff:127.0.0.1", 40000); }), true,
                 "an IPv6 socket that speaks IPv4"},
         }) {
        INFO(row.why);
        auto const refusal =
            refuse_local_peer(client, row.entry, [](uid_t uid) { return uid == 1000 || uid == 0; });
        CHECK(refusal.has_value() != row.admitted);
    }
}

} // namespace
} // namespace heliosd::net
