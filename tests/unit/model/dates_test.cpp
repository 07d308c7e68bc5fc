// SPDX-License-Identifier: Apache-2.0
#include "model/dates.h"

#include "base/async/rng.h"
#include "support/catch.h"

using namespace heliosd;
using namespace heliosd::model;

namespace {

std::optional<std::int64_t> ms(std::string_view text) {
    auto const date = parse_date(text);
    if (!date) return std::nullopt;
    return date->time_since_epoch().count();
}

WallTime at(std::int64_t ms) {
    return WallTime(std::chrono::milliseconds(ms));
}

} // namespace

TEST_CASE("model: dates are read in every accepted form") {
    struct Row {
        std::string_view text;
        std::int64_t ms;
    };
    auto const row = GENERATE(
        Row{"0", 0}, Row{"-17", -17}, Row{"1906545600000", 1906545600000},
        Row{"2030-06-01", 1906502400000}, Row{"2030-06-01T12:00", 1906545600000},
        Row{"2030-06-01T12:00:00", 1906545600000}, Row{"2030-06-01T12:00:00Z", 1906545600000},
        Row{"2030-06-01T12:00:00.000+0000", 1906545600000},
        Row{"2030-06-01T12:00:00.000+00:00", 1906545600000},
        Row{"2030-06-01T14:00:00+02", 1906545600000}, Row{"2030-06-01T06:30-0530", 1906545600000},
        Row{"2030-06-01T12:00:00.1", 1906545600100},
        Row{"2030-06-01T12:00:00.123456789Z", 1906545600123},
        Row{"Sun, 01 Jun 2014 12:00:00 GMT", 1401624000000},
        Row{"sun, 1 jun 2014 14:00:00 +0200", 1401624000000}, Row{"2000-02-29", 951782400000},
        Row{"1969-12-31T23:59:59.999Z", -1}, Row{"0001-01-01", -62135596800000});
    INFO(row.text);
    CHECK(ms(row.text) == row.ms);
}

TEST_CASE("model: what is no date is refused") {
    auto const text =
        GENERATE("", "-", "x", "2030-6-1", "2030-13-01", "2030-00-01", "2030-02-29", "2030-01-32",
                 "2030-01-01T24:00", "2030-01-01T12:60", "2030-01-01T12:00:60", "2030-01-01T12",
                 "2030-01-01T12:00:00.", "2030-01-01T12:00:00.1234567890", "2030-01-01T12:00:00+2",
                 "2030-01-01T12:00:00+24:00", "2030-01-01 12:00", "2030-01-01T12:00:00Zx",
                 "2030-01-01Z", "99999999999999999999", "Sun, 01 Jux 2014 12:00:00 GMT",
                 "01 Jun 2014 12:00:00 GMT", "999999999-01-01");
    INFO(text);
    CHECK(ms(text) == std::nullopt);
}

TEST_CASE("model: dates are written with milliseconds and a zone, and come back") {
    CHECK(format_iso(at(1906545600000)) == "2030-06-01T12:00:00.000+0000");
    CHECK(format_iso(at(-1), "+00:00") == "1969-12-31T23:59:59.999+00:00");
    CHECK(format_iso(at(253402300800000)) == "10000-01-01T00:00:00.000+0000");
    SeededRng rng(1);
    for (int i = 0; i < 20'000; ++i) {
        auto const shift = rng.below(64);
        auto const time = static_cast<std::int64_t>(rng()) >> shift;
        if (ms(format_iso(at(time))) != time) FAIL(time << " as " << format_iso(at(time)));
    }
    for (auto const time : {INT64_MIN + 86'400'000, INT64_MAX})
        CHECK(ms(format_iso(at(time))) == time);
}

TEST_CASE("model: sentences show dates as Java does") {
    CHECK(format_java(at(978307200000)) == "Mon Jan 01 00:00:00 UTC 2001");
    CHECK(format_java(at(-1)) == "Wed Dec 31 23:59:59 UTC 1969");
}
