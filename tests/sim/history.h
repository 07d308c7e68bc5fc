// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/ensemble.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heliosd::sim {

/// Every state each node ever had at the leader: what an answer is judged by. Moments are
/// transaction ids; a window is all moments from its first to its last.
class History {
public:
    struct State {
        std::int64_t zxid = 0;
        SteadyTime at{};
        bool exists = false;
        std::string data;
    };
    struct Window {
        std::int64_t first = 0, last = 0;
    };
    using Predicate = std::function<bool(State const&)>;

    explicit History(Ensemble& ensemble);

    std::int64_t now() const { return ensemble_.leader().last_zxid(); }
    /// The first moment at or after `when`.
    std::int64_t moment(SteadyTime when) const;

    /// Whether the node was in such a state at any moment of the window.
    bool was(std::string const& path, Window window, Predicate const& predicate) const;
    bool existed(std::string const& path, Window window) const;
    bool was_absent(std::string const& path, Window window) const;
    /// Whether it came into such a state within the window: not counting what it was before.
    bool became(std::string const& path, Window window, Predicate const& predicate) const;
    bool was_removed(std::string const& path, Window window) const;
    /// From each removal of the node, that one included, to its next creation or until now.
    std::vector<Window> absences(std::string const& path) const;

private:
    void record(store::EmbeddedTree::Transaction const& transaction);

    Ensemble& ensemble_;
    std::map<std::string, std::vector<State>, std::less<>> states_;
    std::vector<std::pair<SteadyTime, std::int64_t>> moments_;
};

} // namespace heliosd::sim
