// SPDX-License-Identifier: Apache-2.0
#include "docker/docker_time.h"

#include <charconv>

namespace heliosd::docker {
namespace {

using namespace std::chrono;

/// Takes digits, and the character that must follow them (0: none), off the front of `text`.
std::optional<int> take(std::string_view& text, std::size_t digits, char then) {
    if (text.size() < digits + (then ? 1 : 0)) return std::nullopt;
    int value = 0;
    auto const* const end = text.data() + digits;
    auto const [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc{} || stop != end || value < 0) return std::nullopt;
    text.remove_prefix(digits);
    if (!then) return value;
    if (text.front() != then) return std::nullopt;
    text.remove_prefix(1);
    return value;
}

/// `.123456789`, of which milliseconds are kept; nothing there is zero.
milliseconds take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return 0ms;
    text.remove_prefix(1);
    int value = 0;
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits++ < 3) value = value * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    for (; digits < 3; ++digits) value *= 10;
    return milliseconds(value);
}

/// `Z` or `+01:00`, to the end of the text.
std::optional<minutes> take_offset(std::string_view text) {
    if (text == "Z") return 0min;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    int const sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    auto const hour = take(text, 2, ':');
    auto const minute = hour ? take(text, 2, 0) : std::nullopt;
    if (!minute || !text.empty()) return std::nullopt;
    return sign * (hours(*hour) + minutes(*minute));
}

} // namespace

std::optional<WallTime> parse_docker_time(std::string_view text) {
    auto const y = take(text, 4, '-');
    auto const m = y ? take(text, 2, '-') : std::nullopt;
    auto const d = m ? take(text, 2, 'T') : std::nullopt;
    auto const h = d ? take(text, 2, ':') : std::nullopt;
    auto const min = h ? take(text, 2, ':') : std::nullopt;
    auto const s = min ? take(text, 2, 0) : std::nullopt;
    if (!s) return std::nullopt;
    auto const fraction = take_fraction(text);
    auto const offset = take_offset(text);
    year_month_day const date{year(*y), month(static_cast<unsigned>(*m)),
                              day(static_cast<unsigned>(*d))};
    if (!offset || !date.ok() || *y < 1970) return std::nullopt;
    return WallTime(sys_days(date) + hours(*h) + minutes(*min) + seconds(*s) + fraction - *offset);
}

} // namespace heliosd::docker
