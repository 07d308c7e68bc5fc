// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

namespace heliosd::log {
namespace {

Level current = Level::info;

void to_stderr(std::string_view line) {
    std::string text(line);
    text += '\n';
    // One write per line, so that lines of several processes do not interleave. Errors are ignored.
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

Sink& sink() {
    static Sink instance = to_stderr;
    return instance;
}

std::string timestamp() {
    auto const now = std::chrono::system_clock::now();
    auto const ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch() %
                    std::chrono::seconds{1};
    std::time_t const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                       ms.count());
}

} // namespace

void set_level(Level level) {
    current = level;
}
Level level() {
    return current;
}
void set_sink(Sink other) {
    sink() = other ? std::move(other) : to_stderr;
}

void write(Level level, std::string_view component, std::string_view message) {
    static constexpr std::array names{"debug", "info", "warning", "error"};
    if (level < current) return;
    std::string line =
        fmt::format("{} {} {}: ", timestamp(), names[static_cast<std::size_t>(level)], component);
    for (char const c : message) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f)
            line += fmt::format("\\x{:02x}", byte);
        else
            line += c;
    }
    sink()(line);
}

} // namespace heliosd::log
