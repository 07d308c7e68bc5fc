// SPDX-License-Identifier: Apache-2.0
#include "model/dates.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::int64_t ms_per_day = 86'400'000;

/// Calendar fields in UTC. std::chrono::year ends at 32767; 64 bits of milliseconds reach further.
struct Fields {
    std::int64_t year = 1970;
    int month = 1, day = 1;
    int hour = 0, minute = 0, second = 0, ms = 0;
    std::int64_t zone_minutes = 0;
};

/// Days since 1970-01-01 of the proleptic Gregorian calendar; years start in March here, so that
/// the leap day is their last.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    year -= month <= 2;
    auto const era = (year >= 0 ? year : year - 399) / 400;
    auto const year_of_era = year - era * 400;
    auto const day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    auto const day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

Fields civil_from_ms(std::int64_t time) {
    auto days = time / ms_per_day;
    auto rest = time % ms_per_day;
    if (rest < 0) {
        rest += ms_per_day;
        --days;
    }
    days += 719'468;
    auto const era = (days >= 0 ? days : days - 146'096) / 146'097;
    auto const day_of_era = days - era * 146'097;
    auto const year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    auto const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    auto const month_from_march = (5 * day_of_year + 2) / 153;

    Fields f;
    f.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    f.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    f.year = year_of_era + era * 400 + (f.month <= 2);
    f.hour = static_cast<int>(rest / 3'600'000);
    f.minute = static_cast<int>(rest / 60'000 % 60);
    f.second = static_cast<int>(rest / 1000 % 60);
    f.ms = static_cast<int>(rest % 1000);
    return f;
}

int days_in(std::int64_t year, int month) {
    constexpr std::array lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : lengths[static_cast<std::size_t>(month - 1)];
}

std::optional<WallTime> time_of(Fields const& f) {
    if (f.month < 1 || f.month > 12 || f.day < 1 || f.day > days_in(f.year, f.month) ||
        f.hour > 23 || f.minute > 59 || f.second > 59)
        return std::nullopt;
    auto const days = days_from_civil(f.year, f.month, f.day);
    auto const in_day = ((f.hour * 60LL + f.minute - f.zone_minutes) * 60 + f.second) * 1000 + f.ms;
    std::int64_t time = 0;
    if (__builtin_mul_overflow(days, ms_per_day, &time) ||
        __builtin_add_overflow(time, in_day, &time))
        return std::nullopt;
    return WallTime(std::chrono::milliseconds(time));
}

/// Scans a date from the front; after the first mismatch `good` stays false.
struct Scanner {
    std::string_view rest;
    bool good = true;

    bool take(std::string_view word) {
        if (!rest.starts_with(word)) return false;
        rest.remove_prefix(word.size());
        return true;
    }
    void need(std::string_view word) { good = take(word) && good; }

    std::size_t count_digits() const {
        std::size_t n = 0;
        while (n < rest.size() && text::is_digit(rest[n])) ++n;
        return n;
    }
    /// The following digits, if there are `least` to `most` of them.
    std::int64_t digits(std::size_t least, std::size_t most) {
        auto const n = count_digits();
        std::int64_t value = 0;
        good = good && n >= least && n <= most;
        if (!good) return 0;
        std::from_chars(rest.data(), rest.data() + n, value);
        rest.remove_prefix(n);
        return value;
    }
    int two() { return static_cast<int>(digits(2, 2)); }

    /// `Z`, `±hh`, `±hhmm` or `±hh:mm`, in minutes.
    std::int64_t zone() {
        if (take("Z")) return 0;
        bool const west = rest.starts_with('-');
        if (!west && !rest.starts_with('+')) {
            good = false;
            return 0;
        }
        rest.remove_prefix(1);
        std::int64_t hours = 0;
        std::int64_t minutes = 0;
        if (count_digits() == 4) {
            auto const both = digits(4, 4);
            hours = both / 100;
            minutes = both % 100;
        } else {
            hours = two();
            if (take(":")) minutes = two();
        }
        good = good && hours <= 23 && minutes <= 59;
        return (west ? -1 : 1) * (hours * 60 + minutes);
    }
};

/// Years have four digits; we write distant years with more, and a sign.
std::optional<WallTime> parse_iso(std::string_view text) {
    Scanner s{text};
    Fields f;
    bool const before_christ = s.take("-");
    f.year = s.digits(4, 9) * (before_christ ? -1 : 1);
    s.need("-");
    f.month = s.two();
    s.need("-");
    f.day = s.two();
    if (s.good && s.take("T")) {
        f.hour = s.two();
        s.need(":");
        f.minute = s.two();
        if (s.take(":")) {
            f.second = s.two();
            if (s.take(".")) {
                auto const length = s.count_digits();
                auto fraction = s.digits(1, 9);
                for (auto n = length; n < 9; ++n) fraction *= 10;
                f.ms = static_cast<int>(fraction / 1'000'000);
            }
        }
        if (!s.rest.empty()) f.zone_minutes = s.zone();
    }
    if (!s.good || !s.rest.empty()) return std::nullopt;
    return time_of(f);
}

template <std::size_t N>
std::size_t take_name(Scanner& s, std::array<std::string_view, N> const& names) {
    auto const word = text::to_lower(s.rest.substr(0, 3));
    for (std::size_t i = 0; i < N; ++i) {
        if (word != text::to_lower(names[i])) continue;
        s.rest.remove_prefix(3);
        return i;
    }
    s.good = false;
    return 0;
}

/// `Sun, 01 Jun 2014 12:00:00 GMT`.
std::optional<WallTime> parse_rfc1123(std::string_view text) {
    Scanner s{text};
    Fields f;
    take_name(s, day_names);
    s.need(", ");
    f.day = static_cast<int>(s.digits(1, 2));
    s.need(" ");
    f.month = static_cast<int>(take_name(s, month_names)) + 1;
    s.need(" ");
    f.year = s.digits(4, 4);
    s.need(" ");
    f.hour = s.two();
    s.need(":");
    f.minute = s.two();
    s.need(":");
    f.second = s.two();
    s.need(" ");
    if (!s.take("GMT") && !s.take("UTC")) f.zone_minutes = s.zone();
    if (!s.good || !s.rest.empty()) return std::nullopt;
    return time_of(f);
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
    auto const f = civil_from_ms(time.time_since_epoch().count());
    return fmt::format("{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}", f.year < 0 ? "-" : "",
                       f.year < 0 ? -f.year : f.year, f.month, f.day, f.hour, f.minute, f.second,
                       f.ms, zone);
}

std::string format_java(WallTime time) {
    auto const ms = time.time_since_epoch().count();
    auto const f = civil_from_ms(ms);
    auto const days = days_from_civil(f.year, f.month, f.day);
    auto const weekday = static_cast<std::size_t>(((days + 4) % 7 + 7) % 7);
    return fmt::format("{} {} {:02} {:02}:{:02}:{:02} UTC {}", day_names[weekday],
                       month_names[static_cast<std::size_t>(f.month - 1)], f.day, f.hour, f.minute,
                       f.second, f.year);
}

} // namespace heliosd::model
