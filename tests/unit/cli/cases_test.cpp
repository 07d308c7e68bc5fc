// SPDX-License-Identifier: Apache-2.0
#include "support/catch.h"
#include "support/data.h"
#include "unit/cli/case_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

using namespace heliosd;
using json::Value;

namespace {

/// What the file covers and this client does not have: deployment groups, `watch`, `register`,
/// look-up of masters by domain, Google's tokens. `retry-attempt-times` and `option-abbrev` have
/// tests of their own.
std::set<std::string> const elsewhere{
    "host-selector",     "host-selector-match", "host-selector-pretty", "srv-names",    "domains",
    "rollout-effective", "watch-row",           "retry-attempt-times",  "option-abbrev"};

bool is_about_something_else(std::string const& function, Value const& input) {
    auto const whole = json::write(input);
    if (function == "argv") {
        return whole.find("\"-d\"") != whole.npos || whole.find("google") != whole.npos ||
               whole.find("register") != whole.npos;
    }
    return function == "targets" && (whole.find("domain") != whole.npos || whole == "{}");
}

/// Whether all that `expected` says is in `actual`; lists and texts must be the same.
bool agrees(Value const& actual, Value const& expected) {
    auto const* members = expected.if_object();
    if (members == nullptr || actual.if_object() == nullptr) return actual == expected;
    return std::all_of(members->begin(), members->end(), [&](auto const& member) {
        auto const* found = actual.find(member.name);
        return found != nullptr && agrees(*found, member.value);
    });
}

} // namespace

TEST_CASE("cli: every case of the reference about what this client has") {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    auto const cases = test::data_json("cli-cases.json");
    auto functions = test::word_cases();
    functions.merge(test::cell_cases());
    std::size_t tried = 0;
    for (auto const& entry : *cases.if_array()) {
        auto const function = *entry.find("function")->if_string();
        auto const& input = *entry.find("input");
        if (elsewhere.contains(function) || is_about_something_else(function, input)) continue;
        INFO(json::write(entry));
        auto const found = functions.find(function);
        REQUIRE(found != functions.end());
        auto const actual = found->second(input);
        ++tried;
        if (auto const* error = entry.find("error")) {
            REQUIRE_FALSE(actual);
            auto const wanted = *error->if_string();
            // Of an endpoint, our sentence goes on to name the bad one.
            if (function == "endpoint") {
                CHECK(actual.error().message.starts_with(wanted));
            } else {
                CHECK(actual.error().message == wanted);
            }
        } else {
            INFO((actual ? json::write(*actual) : actual.error().message));
            REQUIRE(actual);
            CHECK(agrees(*actual, *entry.find("expected")));
        }
    }
    CHECK(tried >= 200);
}
