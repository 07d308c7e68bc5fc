// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>

namespace heliosd::cli {

namespace {

using namespace std::chrono;

/// Reads a time from left to right. Text that it cannot parse remains in `rest_`, for the error
/// message; a number outside its field's range is an error of its own.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text), rest_(text) {}

    Result<WallTime> read() {
        bool const dated = read_date();
        if (rest_.starts_with('T')) {
            auto const before = rest_;
            rest_.remove_prefix(1);
            if (!read_time() && !dated) rest_ = before;
            read_zone();
        }
        if (fault_) return std::unexpected(*fault_);
        if (rest_.size() == text_.size())
            return fail(Errc::invalid, fmt::format("Invalid format: \"{}\"", text_));
        if (!rest_.empty()) {
            return fail(Errc::invalid,
                        fmt::format("Invalid format: \"{}\" is malformed at \"{}\"", text_, rest_));
        }
        return result();
    }

private:
    std::size_t digits() const {
        std::size_t count = 0;
        while (count < rest_.size() && text::is_digit(rest_[count])) ++count;
        return count;
    }

    int take(std::size_t count) {
        int number = 0;
        for (char c : rest_.substr(0, count)) number = number * 10 + (c - '0');
        rest_.remove_prefix(count);
        return number;
    }

    /// A number of one or two digits behind `mark`; nothing if the text continues otherwise.
    std::optional<int> two_behind(char mark) {
        if (!rest_.starts_with(mark) || rest_.size() < 2 || !text::is_digit(rest_[1]))
            return std::nullopt;
        rest_.remove_prefix(1);
        return take(std::min<std::size_t>(digits(), 2));
    }

    void check(int value, std::string_view field, int low, int high) {
        if (fault_ || (value >= low && value <= high)) return;
        fault_ = Error{Errc::invalid,
                       fmt::format("Cannot parse \"{}\": Value {} for {} must be in the range "
                                   "[{},{}]",
                                   text_, value, field, low, high)};
    }

    bool read_date() {
        auto const count = digits();
        if (count == 0 || count > 9) return false;
        auto const number = take(count);
        check(number, "year", 1, 9999);
        if (fault_) return true;
        auto const y = year{number};
        days_ = sys_days{y / January / 1};
        if (rest_.starts_with("-W")) {
            read_week(y);
        } else if (rest_.starts_with('-')) {
            read_month_or_day(y);
        }
        return true;
    }

    void read_week(year y) {
        auto const before = rest_;
        rest_.remove_prefix(1);
        auto const week = two_behind('W');
        if (!week) {
            rest_ = before;
            return;
        }
        check(*week, "weekOfWeekyear", 1, 53);
        int day = 1;
        if (auto given = two_behind('-')) day = *given;
        check(day, "dayOfWeek", 1, 7);
        // The first week of a year has January 4 in it, and weeks begin on Monday.
        auto const fourth = sys_days{y / January / 4};
        auto const monday = fourth - days{weekday{fourth}.iso_encoding() - 1};
        days_ = monday + days{(*week - 1) * 7 + day - 1};
    }

    void read_month_or_day(year y) {
        auto const before = rest_;
        rest_.remove_prefix(1);
        auto const count = digits();
        if (count == 0) {
            rest_ = before;
        } else if (count == 3) {
            auto const day = take(3);
            check(day, "dayOfYear", 1, y.is_leap() ? 366 : 365);
            days_ += days{day - 1};
        } else {
            auto const number = take(std::min<std::size_t>(count, 2));
            check(number, "monthOfYear", 1, 12);
            if (fault_) return;
            auto const m = y / month{static_cast<unsigned>(number)};
            auto const day = two_behind('-').value_or(1);
            auto const last = static_cast<unsigned>((m / std::chrono::last).day());
            check(day, "dayOfMonth", 1, static_cast<int>(last));
            if (!fault_) days_ = sys_days{m / day};
        }
    }

    bool read_time() {
        if (digits() == 0) return false;
        auto const hour = take(std::min<std::size_t>(digits(), 2));
        check(hour, "hourOfDay", 0, 23);
        time_ = hours{hour};
        if (read_fraction(hours{1})) return true;
        auto const minute = two_behind(':');
        if (!minute) return true;
        check(*minute, "minuteOfHour", 0, 59);
        time_ += minutes{*minute};
        if (read_fraction(minutes{1})) return true;
        auto const second = two_behind(':');
        if (!second) return true;
        check(*second, "secondOfMinute", 0, 59);
        time_ += seconds{*second};
        read_fraction(seconds{1});
        return true;
    }

    bool read_fraction(milliseconds unit) {
        if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !text::is_digit(rest_[1]))
            return false;
        rest_.remove_prefix(1);
        double part = 0;
        double scale = 0.1;
        for (; digits() > 0; scale /= 10) part += take(1) * scale;
        time_ += milliseconds{
            static_cast<std::int64_t>(part * static_cast<double>(unit.count()) + 1e-6)};
        return true;
    }

    void read_zone() {
        if (rest_.starts_with('Z')) {
            rest_.remove_prefix(1);
            zone_ = minutes{0};
            return;
        }
        auto const before = rest_;
        if (!rest_.starts_with('+') && !rest_.starts_with('-')) return;
        bool const behind = rest_[0] == '-';
        rest_.remove_prefix(1);
        if (digits() < 2) {
            rest_ = before;
            return;
        }
        auto const hour = take(2);
        int minute = 0;
        if (auto given = two_behind(':')) {
            minute = *given;
        } else if (digits() >= 2) {
            minute = take(2);
        }
        check(hour, "hourOfDay", 0, 23);
        check(minute, "minuteOfHour", 0, 59);
        auto const offset = hours{hour} + minutes{minute};
        zone_ = behind ? -offset : offset;
    }

    Result<WallTime> result() const {
        if (zone_) return WallTime{days_ + time_ - *zone_};
        year_month_day const date{days_};
        auto const clock = hh_mm_ss{time_};
        std::tm parts{};
        parts.tm_year = static_cast<int>(date.year()) - 1900;
        parts.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
        parts.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
        parts.tm_hour = static_cast<int>(clock.hours().count());
        parts.tm_min = static_cast<int>(clock.minutes().count());
        parts.tm_sec = static_cast<int>(clock.seconds().count());
        parts.tm_isdst = -1;
        return WallTime{seconds{std::mktime(&parts)} + clock.subseconds()};
    }

    std::string_view text_, rest_;
    sys_days days_{};
    milliseconds time_{0};
    std::optional<minutes> zone_;
    std::optional<Error> fault_;
};

} // namespace

Result<WallTime> parse_expiry(std::string_view text) {
    return Scanner(text).read();
}

} // namespace heliosd::cli
