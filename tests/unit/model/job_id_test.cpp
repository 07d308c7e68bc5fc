// SPDX-License-Identifier: Apache-2.0
#include "model/job_id.h"

#include "support/catch.h"

#include <algorithm>

using namespace heliosd;
using model::JobId;

namespace {

using Expected = std::optional<JobId>;

void check(Result<JobId> const& got, Expected const& expected, std::string_view text) {
    INFO("'" << text << "'");
    CHECK(got.has_value() == expected.has_value());
    if (got && expected) CHECK(*got == *expected);
    if (!got) CHECK(got.error().message == "Invalid Job id: " + std::string(text));
}

} // namespace

TEST_CASE("model: job ids are split as the reference splits them") {
    struct Row {
        std::string_view text;
        Expected segment, json;
    };
    auto const row = GENERATE(
        Row{"a", JobId{"a", {}, {}}, {}}, Row{"a:b", JobId{"a", "b", {}}, JobId{"a", "b", {}}},
        Row{"a:b:c", JobId{"a", "b", "c"}, JobId{"a", "b", "c"}},
        Row{"a:b:", JobId{"a", "b", {}}, JobId{"a", "b", {}}}, Row{"a:", JobId{"a", {}, {}}, {}},
        Row{"a::", JobId{"a", {}, {}}, {}}, Row{":b", JobId{"", "b", {}}, JobId{"", "b", {}}},
        Row{"::c", JobId{"", "", "c"}, JobId{"", "", "c"}}, Row{"", {}, {}}, Row{":", {}, {}},
        Row{"::", {}, {}}, Row{"a:b:c:d", {}, {}});
    check(JobId::parse(row.text), row.segment, row.text);
    check(JobId::from_json_text(row.text), row.json, row.text);
}

TEST_CASE("model: job ids are written full, short, and without what is absent") {
    std::string const hash = "2309148c307c995094904011217e1ebc490430e8";
    JobId const full{"shop-web", "1.4.2", hash};
    CHECK(full.to_string() == "shop-web:1.4.2:" + hash);
    CHECK(full.to_short_string() == "shop-web:1.4.2:2309148");
    CHECK(JobId{"a", "b", {}}.to_string() == "a:b");
    CHECK(JobId{"a", {}, {}}.to_string() == "a:null");
    CHECK(JobId{"a", "b", "12"}.to_short_string() == "a:b:12");
}

TEST_CASE("model: an id is full when its hash has forty characters, whatever they are") {
    CHECK(JobId{"a", "b", std::string(40, 'x')}.is_full());
    CHECK_FALSE(JobId{"a", "b", std::string(39, 'x')}.is_full());
    CHECK_FALSE(JobId{"a", "b", {}}.is_full());
    CHECK_FALSE(JobId{"a", {}, std::string(40, 'x')}.is_full());
}

TEST_CASE("model: job ids are ordered by name, version, hash, an absent part first") {
    std::vector<JobId> const sorted{{"a", {}, {}},          {"a", "1", {}},    {"a", "1", "0"},
                                    {"a", "1", "1"},        {"a", "10", {}},   {"a", "2", {}},
                                    {"\U0001F600", "", {}}, {"\uE000", "", {}}};
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        for (std::size_t j = 0; j < sorted.size(); ++j) {
            CHECK((sorted[i] < sorted[j]) == (i < j));
            CHECK((sorted[i] == sorted[j]) == (i == j));
        }
    }
}
