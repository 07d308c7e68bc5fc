// SPDX-License-Identifier: Apache-2.0
#include "master/view/host_order.h"
#include "master/view/host_selector.h"

#include "support/catch.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::master {
namespace {

TEST_CASE("master: hosts are ordered as every peer orders them") {
    std::vector<std::string> const verified{"10.0.0.2",
                                            "10.0.0.10",
                                            "a1b2",
                                            "a01b2",
                                            "a1b10",
                                            "a_b",
                                            "a.b",
                                            "ab",
                                            "a-b",
                                            "alpha",
                                            "Alpha",
                                            "host1.example.com",
                                            "host1-a.example.com",
                                            "host2.example.com",
                                            "host10.example.com",
                                            "host-1.example.com",
                                            "web2",
                                            "web02",
                                            "web10",
                                            "Web2",
                                            "WEB2",
                                            "web-2",
                                            "web-10",
                                            "web_2",
                                            "web.2",
                                            "weba",
                                            "web-a",
                                            "webb",
                                            "web-b",
                                            "zeta",
                                            "Zeta"};
    auto sorted = verified;
    std::ranges::reverse(sorted);
    std::ranges::sort(sorted, host_less);
    CHECK(sorted == verified);
    for (auto const& name : verified) CHECK_FALSE(host_less(name, name));
}

TEST_CASE("master: pairs of host names compare as the specification's table says") {
    std::pair<char const*, char const*> const less[] = {
        {"host2", "host10"},
        {"a1", "a01"},
        {"web1", "web-1"},
        {"web10", "web-2"},
        {"ab-1", "abc1"},
        {"ab", "a-b"},
        {"a.b", "ab"},
        {"a_b", "a.b"},
        {"a1", "A1"},
        {"a2", "A1"},
        {"aB-1", "Ab-1"},
        {"1a", "a1"},
        {"-1", "1"},
        {"a.b.c", "a-b.c"},
        {"dc2-a1", "dc10-a1"},
        // A hyphen decides where it stands, not how many there are.
        {"ab-c", "a-bc"},
        {"a-b", "a-B"},
        {"aB", "a-b"},
        {"a b", "a-b"},
        {"a!b", "a?b"},
        {"a@b", "a+b"},
        {"|b", "0b"},
        {"x+", "x="},
        // The reference's whole lengths would make a circle of these.
        {"a001", "a1b"},
        {"a001", "a1aaaaa"},
        {"a1aaaaa", "a1b"},
        {"a01-1", "a1-01"},
    };
    for (auto const& [a, b] : less) {
        INFO(a << " < " << b);
        CHECK(host_less(a, b));
        CHECK_FALSE(host_less(b, a));
    }
}

/// All concatenations of up to three of the parts in which names can tie or nearly tie.
std::vector<std::string> crafted_names() {
    std::string_view const parts[] = {"", "a", "A", "b", "-", " ", "_", ".", "0", "00", "1", "01"};
    std::set<std::string> names;
    for (auto const x : parts)
        for (auto const y : parts)
            for (auto const z : parts)
                names.insert(std::string(x) + std::string(y) + std::string(z));
    for (auto name : {"a001", "a1aaaaa", "a1b", "a1-01", "a01-1", "\xc3\xa9", "~", "a\x7f"})
        names.insert(name);
    return {names.begin(), names.end()};
}

TEST_CASE("master: the order of hosts is total, whatever names somebody registers") {
    auto const names = crafted_names();
    REQUIRE(names.size() > 700);
    // By insertion, which survives a relation that is no order.
    std::vector<std::string> sorted;
    for (auto const& name : names)
        sorted.insert(std::ranges::upper_bound(sorted, name, host_less), name);
    // Sorted by a total order, each is less than all that follow, and none the other way round;
    // in a relation that is not transitive some pair is the wrong way round.
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        wrong += host_less(sorted[i], sorted[i]);
        for (std::size_t j = i + 1; j < sorted.size(); ++j)
            wrong += !host_less(sorted[i], sorted[j]) || host_less(sorted[j], sorted[i]);
    }
    CHECK(wrong == 0);
}

TEST_CASE("master: selectors follow the grammar with its quirks") {
    using O = HostSelector::Operator;
    auto const parse = [](char const* text) { return HostSelector::parse(text); };
    CHECK(parse("role=web") == HostSelector{"role", O::equals, {"web"}});
    CHECK(parse("role \t!= web") == HostSelector{"role", O::not_equals, {"web"}});
    CHECK(parse("dc in (ams, lon)") == HostSelector{"dc", O::in, {"ams", "lon"}});
    CHECK(parse("dc notin (ams,lon,,)") == HostSelector{"dc", O::not_in, {"ams", "lon"}});
    CHECK(parse("ain b") == HostSelector{"a", O::in, {"b"}});
    CHECK(parse("bnotinc") == HostSelector{"bnot", O::in, {"c"}});
    CHECK(parse("main=x") == HostSelector{"main", O::equals, {"x"}});
    CHECK(parse("a = (b,c)") == HostSelector{"a", O::equals, {"(b,c)"}});
    CHECK(parse("a in ()") == HostSelector{"a", O::in, {""}});
    CHECK(parse("a in b") == HostSelector{"a", O::in, {"b"}});
    for (auto text : {"", " a=b", "a=b ", "a", "a=", "=b", "a in", "a==b", "a in (b", "a=b c"})
        CHECK_FALSE(parse(text));
    CHECK(HostSelector::parse("a=" + std::string(4000, 'b')));
    CHECK_FALSE(HostSelector::parse("a=" + std::string(5000, 'b')));
}

TEST_CASE("master: a host without the label matches no selector") {
    model::StringMap const labels{{"role", "web"}};
    CHECK(HostSelector::parse("role=web")->matches(labels));
    CHECK_FALSE(HostSelector::parse("role!=web")->matches(labels));
    CHECK(HostSelector::parse("role!=db")->matches(labels));
    CHECK(HostSelector::parse("role in (db,web)")->matches(labels));
    CHECK(HostSelector::parse("role notin (db)")->matches(labels));
    CHECK_FALSE(HostSelector::parse("dc!=ams")->matches(labels));
    CHECK_FALSE(HostSelector::parse("dc notin (ams)")->matches(labels));
}

} // namespace
} // namespace heliosd::master
