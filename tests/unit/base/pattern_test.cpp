// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"
#include "support/catch.h"

#include <string>
#include <string_view>
#include <vector>

using namespace heliosd;

TEST_CASE("pattern: matches anywhere unless it is anchored") {
    auto pattern = Pattern::compile("node[12]\\.lon").value();
    CHECK(pattern.found_in("node1.lon.example.net"));
    CHECK(pattern.found_in("x-node2.lon"));
    CHECK_FALSE(pattern.found_in("node3.lon.example.net"));
    CHECK_FALSE(Pattern::compile("^lon$").value().found_in("lon2"));
    CHECK(Pattern::compile("").value().found_in("anything"));
}

TEST_CASE("pattern: a broken expression is refused with its reason and place") {
    auto pattern = Pattern::compile("node[");
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == Errc::invalid);
    CHECK(pattern.error().message == "'node[' is not a regular expression: missing terminating ] "
                                     "for character class at character 6");
    CHECK(Pattern::compile(std::string(5000, 'a')).error().code == Errc::too_large);
}

TEST_CASE("pattern: an expression that would run for years gives up") {
    auto pattern = Pattern::compile("^(a+)+$").value();
    CHECK(pattern.found_in("aaa"));
    CHECK_FALSE(pattern.found_in("b"));
    CHECK_FALSE(pattern.gave_up());
    CHECK_FALSE(pattern.found_in(std::string(5000, 'a') + "b"));
    CHECK(pattern.gave_up());
    // Thousands of host names share one limit.
    CHECK_FALSE(pattern.found_in("aaa"));
}

TEST_CASE("pattern: groups are what they take of a match at the beginning") {
    auto const pattern = Pattern::compile("(a+)(?:=(b*))?(c)?").value();
    auto const groups = pattern.groups_of("aa=cx").value();
    CHECK(groups == std::vector<std::string_view>{"aa=c", "aa", "", "c"});
    auto const missing = pattern.groups_of("ax").value();
    CHECK(missing == std::vector<std::string_view>{"a", "a", "", ""});
    CHECK(groups[2].data() != nullptr);
    CHECK(missing[2].data() == nullptr);
    CHECK_FALSE(pattern.groups_of("xaa"));
}
