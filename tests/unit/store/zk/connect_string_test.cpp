// SPDX-License-Identifier: Apache-2.0
#include "store/zk/connect_string.h"

#include "support/catch.h"

namespace heliosd::store {
namespace {

using Server = ConnectString::Server;

TEST_CASE("store: connect strings name servers and a chroot") {
    auto const one = parse_connect_string("localhost").value();
    CHECK(one.servers == std::vector{Server{"localhost", 2181}});
    CHECK(one.chroot.empty());
    auto const many =
        parse_connect_string("a:1,10.0.0.1:65535,[::1]:3,[fe80::1],b/helios/x").value();
    CHECK(many.servers == std::vector{Server{"a", 1}, Server{"10.0.0.1", 65535}, Server{"::1", 3},
                                      Server{"fe80::1", 2181}, Server{"b", 2181}});
    CHECK(many.chroot == "/helios/x");
    CHECK(parse_connect_string("a/").value().chroot.empty());
}

TEST_CASE("store: a bad connect string is refused by the part that is wrong") {
    struct Row {
        std::string_view text, message;
    };
    for (auto const& row : {
             Row{"", "ZooKeeper server '': the host is missing; expected HOST:PORT"},
             Row{"a,,b", "ZooKeeper server '': the host is missing; expected HOST:PORT"},
             Row{"a:", "ZooKeeper server 'a:': the port is missing; expected HOST:PORT"},
             Row{":2181", "ZooKeeper server ':2181': the host is missing; expected HOST:PORT"},
             Row{"b,a:x", "ZooKeeper server 'a:x': the port is not a number from 1 to 65535; "
                          "expected HOST:PORT"},
             Row{"a:65536", "ZooKeeper server 'a:65536': the port is not a number from 1 to 65535; "
                            "expected HOST:PORT"},
             Row{"[::1", "ZooKeeper server '[::1': the ']' is missing; expected HOST:PORT"},
             Row{"a, b", "ZooKeeper server ' b': a host has no white space; expected HOST:PORT"},
             Row{"a/b//c", "ZooKeeper chroot '/b//c' is not a valid path"},
         }) {
        CAPTURE(row.text);
        auto const refused = parse_connect_string(row.text);
        REQUIRE(!refused);
        CHECK(refused.error().message == row.message);
    }
}

} // namespace
} // namespace heliosd::store
