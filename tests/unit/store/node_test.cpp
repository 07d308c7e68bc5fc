// SPDX-License-Identifier: Apache-2.0
#include "store/node.h"

#include "support/catch.h"

namespace heliosd::store {
namespace {

TEST_CASE("paths: names ZooKeeper refuses are no node names") {
    for (auto name : {"web1.example.net", "a:1:h", "ä", "a b", "..."}) CHECK(is_node_name(name));
    for (auto name : {"", ".", "..", "a/b", "/", "a\n", "\x7f", "\xc2\x80", "\xef\xbf\xbf"})
        CHECK_FALSE(is_node_name(name));
}

TEST_CASE("paths: below splits a path at its root") {
    auto const found = below("/config/hosts", "/config/hosts/web1/jobs/a:1:h");
    REQUIRE(found);
    CHECK(found->name == "web1");
    CHECK(found->rest == "jobs/a:1:h");
    CHECK(below("/config/hosts", "/config/hosts/web1")->rest.empty());
    CHECK_FALSE(below("/config/hosts", "/config/hosts"));
    CHECK_FALSE(below("/config/hosts", "/config/hostsX/web1"));
}

} // namespace
} // namespace heliosd::store
