// SPDX-License-Identifier: Apache-2.0
#include "model/dates.h"

#include "base/pattern.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::int64_t ms_per_day = 86'400'000;
/// The calendar repeats itself. std::chrono::year ends at 32767, 64 bits of milliseconds reach
/// further: whole cycles are counted apart.
constexpr std::int64_t years_per_cycle = 400, days_per_cycle = 146'097;

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

/// A time in UTC.
struct Civil {
    explicit Civil(WallTime time) {
        auto const ms = time.time_since_epoch().count();
        auto const days = floor_divide(ms, ms_per_day);
        auto const cycle = floor_divide(days, days_per_cycle);
        sys_days const in_cycle{std::chrono::days{days - cycle * days_per_cycle}};
        date = in_cycle;
        day_of_week = in_cycle;
        year = static_cast<int>(date.year()) + cycle * years_per_cycle;
        clock = hh_mm_ss{milliseconds{(ms % ms_per_day + ms_per_day) % ms_per_day}};
    }

    std::int64_t year = 0;
    year_month_day date; ///< its year is one of the first cycle since 1970
    weekday day_of_week;
    hh_mm_ss<milliseconds> clock;
};

std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// Hours, minutes, seconds, and their fraction; sign, hours and minutes of the zone. Parts may be
/// missing.
using ClockGroups = std::span<std::string_view const, 7>;

std::optional<WallTime> time_of(std::int64_t y, std::int64_t m, std::int64_t d, ClockGroups clock) {
    auto const cycle = floor_divide(y, years_per_cycle);
    year_month_day const date{year(static_cast<int>(y - cycle * years_per_cycle)),
                              month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    hours const hour{number(clock[0])}, zone_hour{number(clock[5])};
    minutes const minute{number(clock[1])}, zone_minute{number(clock[6])};
    seconds const second{number(clock[2])};
    if (!date.ok() || hour >= 24h || minute >= 60min || second >= 60s || zone_hour >= 24h ||
        zone_minute >= 60min)
        return std::nullopt;
    milliseconds const fraction{number((std::string(clock[3]) + "000").substr(0, 3))};
    auto const ahead = (zone_hour + zone_minute) * (clock[4] == "-" ? -1 : 1);
    auto const in_day = milliseconds{hour + minute + second + fraction - ahead}.count();
    auto const days = sys_days{date}.time_since_epoch().count() + cycle * days_per_cycle;
    std::int64_t time = 0;
    if (__builtin_mul_overflow(days, ms_per_day, &time) ||
        __builtin_add_overflow(time, in_day, &time))
        return std::nullopt;
    return WallTime(milliseconds(time));
}

/// `Z`, `±hh`, `±hhmm` or `±hh:mm`.
constexpr std::string_view zone_form = R"((?:Z|([+-])(\d\d)(?::?(\d\d))?))";

/// Years have four digits; we write distant years with more, and a sign.
std::optional<WallTime> parse_iso(std::string_view text) {
    static auto const form = Pattern::compile(R"((-?\d{4,9})-(\d\d)-(\d\d))"
                                              R"((?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)" +
                                              std::string(zone_form) + R"(?)?\z)")
                                 .value();
    auto const groups = form.groups_of(text);
    if (!groups) return std::nullopt;
    auto const& g = *groups;
    return time_of(number(g[1]), number(g[2]), number(g[3]), std::span(g).subspan<4, 7>());
}

/// The place of a name, in capitals or not.
std::optional<std::int64_t> place_of(std::string_view name,
                                     std::span<std::string_view const> names) {
    auto const found = std::ranges::find(names, text::to_lower(name), text::to_lower);
    if (found == names.end()) return std::nullopt;
    return found - names.begin();
}

/// `Sun, 01 Jun 2014 12:00:00 GMT`.
std::optional<WallTime> parse_rfc1123(std::string_view text) {
    static auto const form = Pattern::compile(R"((\w{3}), (\d{1,2}) (\w{3}) (\d{4}) )"
                                              R"((\d\d):(\d\d):(\d\d)() (?:GMT|UTC|)" +
                                              std::string(zone_form) + R"()\z)")
                                 .value();
    auto const groups = form.groups_of(text);
    if (!groups) return std::nullopt;
    auto const& g = *groups;
    auto const month = place_of(g[3], month_names);
    if (!place_of(g[1], day_names) || !month) return std::nullopt;
    return time_of(number(g[4]), *month + 1, number(g[2]), std::span(g).subspan<5, 7>());
}

std::optional<WallTime> parse_milliseconds(std::string_view text) {
    std::int64_t ms = 0;
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, ms);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return WallTime(std::chrono::milliseconds(ms));
}

} // namespace

std::optional<WallTime> parse_date(std::string_view text) {
    auto const digits = text.starts_with('-') ? text.substr(1) : text;
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos)
        return parse_milliseconds(text);
    if (!digits.empty() && text::is_digit(digits.front())) return parse_iso(text);
    return parse_rfc1123(text);
}

std::string format_iso(WallTime time, std::string_view zone) {
    Civil const t(time);
    return fmt::format("{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}", t.year < 0 ? "-" : "",
                       std::abs(t.year), static_cast<unsigned>(t.date.month()),
                       static_cast<unsigned>(t.date.day()), t.clock.hours().count(),
                       t.clock.minutes().count(), t.clock.seconds().count(),
                       t.clock.subseconds().count(), zone);
}

std::string format_java(WallTime time) {
    Civil const t(time);
    return fmt::format(
        "{} {} {:02} {:02}:{:02}:{:02} UTC {}", day_names[t.day_of_week.c_encoding()],
        month_names[static_cast<unsigned>(t.date.month()) - 1], static_cast<unsigned>(t.date.day()),
        t.clock.hours().count(), t.clock.minutes().count(), t.clock.seconds().count(), t.year);
}

} // namespace heliosd::model
