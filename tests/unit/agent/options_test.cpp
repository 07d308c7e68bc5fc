// SPDX-License-Identifier: Apache-2.0
#include "agent/options.h"

#include "support/catch.h"

namespace heliosd::agent {
namespace {

TEST_CASE("agent: --port-range is two numbers, the second one larger") {
    CHECK(parse_port_range("20000:32768") == PortRange{20000, 32768});
    CHECK(parse_port_range("1:65536") == PortRange{1, 65536});
    for (auto const* text :
         {"", "1", "1:", ":2", "2:1", "5:5", "1:2:3", "a:b", "1:2x", "0:9", "-1:9", "1:65537"}) {
        auto const range = parse_port_range(text);
        REQUIRE(!range);
        CHECK(range.error().message == std::string("Bad port range: ") + text);
    }
}

TEST_CASE("agent: --env and --labels split at the first =, the last of a key wins") {
    CHECK(parse_env("A=1").value() == KeyValue("A", "1"));
    CHECK(parse_env("B=x=y").value() == KeyValue("B", "x=y"));
    CHECK(parse_env("C=").value() == KeyValue("C", ""));
    CHECK(parse_env("A").error().message == "Bad --env value: A");
    CHECK(parse_label("role").error().message ==
          "Bad --labels value: role\nLabels need to be in the format key=value.");
}

TEST_CASE("agent: the first wrong word of a list is named") {
    for (auto const* good : {"10.0.0.1", "::1"}) CHECK(parse_dns(good).value() == good);
    CHECK(parse_dns("dns").error().message == "Invalid IP address dns");
    for (auto const* good : {"/a", "/a:/b", "/a:/b:ro", "/a:/b:rw"})
        CHECK(parse_bind(good).value() == good);
    for (auto const* bad : {"", "/a:", ":/b", "/a:/b:xx", "/a:/b:ro:z", "/a::ro"})
        CHECK(parse_bind(bad).error().message == std::string("Invalid bind ") + bad);
    CHECK(parse_extra_host("db:10.0.0.1"));
    for (auto const* bad : {"db", "db:host", "db:::1", "a:b:c"})
        CHECK(parse_extra_host(bad).error().message == std::string("Invalid ExtraHost ") + bad);
}

TEST_CASE("agent: a host name that cannot be a node is refused with the rule") {
    CHECK(check_name("host-1.example.com"));
    for (auto const* bad : {"", ".", "..", "a/b"}) CHECK(!check_name(bad));
}

} // namespace
} // namespace heliosd::agent
