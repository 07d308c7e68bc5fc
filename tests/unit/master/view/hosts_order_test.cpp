// SPDX-License-Identifier: Apache-2.0
#include "master/view/host_order.h"
#include "master/view/host_selector.h"

#include "support/catch.h"

#include <algorithm>

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
