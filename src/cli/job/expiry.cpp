// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include "base/pattern.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace heliosd::cli {

namespace {

using namespace std::chrono;

/// A year, and behind it a week and its day, a day of the year, or a month and its day.
constexpr std::string_view date_form =
    R"((\d{1,9})(?!\d)(?:-W(\d{1,2})(?:-(\d{1,2}))?|-(\d{3})(?!\d)|-(\d{1,2})(?:-(\d{1,2}))?)?)";
/// Hour, minute, second, a fraction of the last of them; a zone: sign, hours, minutes.
constexpr std::string_view time_form =
    R"(T(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?(?:[.,](\d+))?)?)"
    R"((?:(Z)|([+-])(\d\d)(?|:(\d{1,2})|(\d\d))?)?)";

/// Reads a time from left to right. Text that is in neither form remains, for the error message; a
/// number outside its field's range is an error of its own.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<WallTime> read() {
        static auto const date_pattern = Pattern::compile(date_form).value();
        static auto const time_pattern = Pattern::compile(time_form).value();
        auto rest = text_;
        auto const date = date_pattern.groups_of(rest);
        if (date) {
            TRY(read_date(*date));
            rest.remove_prefix(date->front().size());
        }
        auto const time = time_pattern.groups_of(rest);
        if (time && (date || !(*time)[1].empty())) {
            TRY(read_time(*time));
            rest.remove_prefix(time->front().size());
        }
        if (rest.size() == text_.size())
            return fail(Errc::invalid, fmt::format("Invalid format: \"{}\"", text_));
        if (!rest.empty()) {
            return fail(Errc::invalid,
                        fmt::format("Invalid format: \"{}\" is malformed at \"{}\"", text_, rest));
        }
        return result();
    }

private:
    using Groups = std::vector<std::string_view>;

    /// The number of a field; `absent` when it is not given.
    Result<int> number(std::string_view digits, std::string_view field, int low, int high,
                       int absent) const {
        if (digits.empty()) return absent;
        int value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (value >= low && value <= high) return value;
        return fail(Errc::invalid,
                    fmt::format("Cannot parse \"{}\": Value {} for {} must be in the range "
                                "[{},{}]",
                                text_, value, field, low, high));
    }

    Result<> read_date(Groups const& groups) {
        auto const y = year{TRY(number(groups[1], "year", 1, 9999, 1))};
        if (!groups[2].empty()) {
            auto const week = TRY(number(groups[2], "weekOfWeekyear", 1, 53, 1));
            auto const day = TRY(number(groups[3], "dayOfWeek", 1, 7, 1));
            // The first week of a year has January 4 in it, and weeks begin on Monday.
            auto const fourth = sys_days{y / January / 4};
            auto const monday = fourth - days{weekday{fourth}.iso_encoding() - 1};
            days_ = monday + days{(week - 1) * 7 + day - 1};
        } else if (!groups[4].empty()) {
            auto const day = TRY(number(groups[4], "dayOfYear", 1, y.is_leap() ? 366 : 365, 1));
            days_ = sys_days{y / January / 1} + days{day - 1};
        } else {
            auto const m =
                y / month(static_cast<unsigned>(TRY(number(groups[5], "monthOfYear", 1, 12, 1))));
            auto const last = static_cast<unsigned>((m / std::chrono::last).day());
            days_ = m / TRY(number(groups[6], "dayOfMonth", 1, static_cast<int>(last), 1));
        }
        return {};
    }

    Result<> read_time(Groups const& groups) {
        time_ = hours{TRY(number(groups[1], "hourOfDay", 0, 23, 0))};
        time_ += minutes{TRY(number(groups[2], "minuteOfHour", 0, 59, 0))};
        time_ += seconds{TRY(number(groups[3], "secondOfMinute", 0, 59, 0))};
        milliseconds const unit = groups[2].empty() ? 1h : groups[3].empty() ? 1min : 1s;
        auto const fraction = std::strtod(("0." + std::string(groups[4])).c_str(), nullptr);
        time_ += milliseconds{
            static_cast<std::int64_t>(fraction * static_cast<double>(unit.count()) + 1e-6)};
        minutes offset = hours{TRY(number(groups[7], "hourOfDay", 0, 23, 0))};
        offset += minutes{TRY(number(groups[8], "minuteOfHour", 0, 59, 0))};
        if (!groups[5].empty() || !groups[6].empty()) zone_ = groups[6] == "-" ? -offset : offset;
        return {};
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

    std::string_view text_;
    sys_days days_{};
    milliseconds time_{0};
    std::optional<minutes> zone_;
};

} // namespace

Result<WallTime> parse_expiry(std::string_view text) {
    return Reader(text).read();
}

} // namespace heliosd::cli
