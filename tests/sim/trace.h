// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <cstdint>
#include <deque>
#include <string>

#include <fmt/format.h>

namespace heliosd::sim {

/// What happened in one simulated run: a hash over all of it, by which two runs are compared, and
/// the last lines for people.
class Trace {
public:
    Trace(Clock& clock, std::size_t keep) : clock_(clock), keep_(keep) {}

    template <class... Args> void add(fmt::format_string<Args...> format, Args&&... args) {
        line(fmt::format(format, std::forward<Args>(args)...));
    }
    /// A line of the product's own log: shown, but not part of the hash.
    void note(std::string_view text);

    std::uint64_t hash() const { return hash_; }
    std::size_t size() const { return size_; }
    std::string tail() const;

private:
    void line(std::string text);
    std::string stamped(std::string_view text) const;
    void keep(std::string text);

    Clock& clock_;
    std::size_t keep_;
    std::deque<std::string> last_;
    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::size_t size_ = 0;
};

} // namespace heliosd::sim
