// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace heliosd::cli {

namespace {

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm local(WallTime time) {
    std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

auto milliseconds_of(WallTime time) {
    return (time - std::chrono::floor<std::chrono::seconds>(time)).count();
}

} // namespace

std::string history_time(WallTime time) {
    auto const t = local(time);
    return fmt::format("{:04}-{:02}-{:02} {}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                       clock_time(time));
}

std::string inspect_time(WallTime time) {
    auto const t = local(time);
    auto const minutes = t.tm_gmtoff / 60;
    auto const ahead = std::abs(minutes);
    return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       weekdays.at(static_cast<std::size_t>(t.tm_wday)), t.tm_mday,
                       months.at(static_cast<std::size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour,
                       t.tm_min, t.tm_sec, minutes < 0 ? '-' : '+', ahead / 60, ahead % 60);
}

std::string clock_time(WallTime time) {
    auto const t = local(time);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", t.tm_hour, t.tm_min, t.tm_sec,
                       milliseconds_of(time));
}

} // namespace heliosd::cli
