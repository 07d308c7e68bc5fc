// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include <fmt/format.h>

namespace heliosd::log {

enum class Level { debug, info, warning, error };

/// Lines below this level are dropped. `info` at start.
void set_level(Level level);
Level level();

/// Where lines go, without their newline: standard error by default, a vector in tests.
using Sink = std::function<void(std::string_view line)>;
void set_sink(Sink sink);

/// One line: `2026-01-31T12:00:00.000Z info agent: message key=value`. Control characters in the
/// message are escaped, so that input cannot forge a line.
void write(Level level, std::string_view component, std::string_view message);

template <class... Args>
void debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    if (level() <= Level::debug)
        write(Level::debug, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    if (level() <= Level::info)
        write(Level::info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    if (level() <= Level::warning)
        write(Level::warning, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::error, component, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace heliosd::log
