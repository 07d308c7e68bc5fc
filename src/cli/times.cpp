// SPDX-License-Identifier: Apache-2.0
#include "cli/times.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace heliosd::cli {

namespace {

/// As `strftime` has it, in the zone of `TZ`. The program never sets a locale.
std::string local(WallTime time, char const* form) {
    std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

} // namespace

std::string history_time(WallTime time) {
    return local(time, "%04Y-%m-%d ") + clock_time(time);
}

std::string inspect_time(WallTime time) {
    return local(time, "%a, %-d %b %04Y %H:%M:%S %z");
}

std::string clock_time(WallTime time) {
    auto const ms = time - std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{}.{:03}", local(time, "%H:%M:%S"), ms.count());
}

} // namespace heliosd::cli
