// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::agent::test {

/// What is logged while this lives, instead of on standard error.
class LogLines {
public:
    LogLines() {
        log::set_sink([this](std::string_view line) { lines_.emplace_back(line); });
    }
    LogLines(LogLines const&) = delete;
    LogLines& operator=(LogLines const&) = delete;
    ~LogLines() { log::set_sink({}); }

    std::size_t size() const { return lines_.size(); }
    /// How many of them contain `words`.
    std::size_t count(std::string_view words) const {
        auto const has = [&](auto const& line) { return line.find(words) != std::string::npos; };
        return static_cast<std::size_t>(std::ranges::count_if(lines_, has));
    }

private:
    std::vector<std::string> lines_;
};

} // namespace heliosd::agent::test
