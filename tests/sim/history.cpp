// SPDX-License-Identifier: Apache-2.0
#include "sim/history.h"

#include <algorithm>

namespace heliosd::sim {

using Effect = store::EmbeddedTree::Effect;

History::History(Ensemble& ensemble) : ensemble_(ensemble) {
    ensemble_.observe([this](auto const& transaction, std::int64_t) { record(transaction); });
}

void History::record(store::EmbeddedTree::Transaction const& transaction) {
    auto const now = ensemble_.scheduler().now();
    moments_.emplace_back(now, transaction.zxid);
    for (auto const& touch : transaction.touches) {
        if (touch.effect == Effect::touched_parent) continue;
        auto const* entry = ensemble_.leader().find(touch.path);
        auto& states = states_[touch.path];
        states.push_back({transaction.zxid, now, entry != nullptr, entry ? entry->data : ""});
    }
}

std::int64_t History::moment(SteadyTime when) const {
    auto const found =
        std::ranges::lower_bound(moments_, when, {}, [](auto& one) { return one.first; });
    return found == moments_.end() ? now() : found->second;
}

bool History::was(std::string const& path, Window window, Predicate const& predicate) const {
    State before;
    if (auto const found = states_.find(path); found != states_.end()) {
        for (auto const& state : found->second) {
            if (state.zxid > window.first) break;
            before = state;
        }
    }
    return predicate(before) || became(path, window, predicate);
}

bool History::became(std::string const& path, Window window, Predicate const& predicate) const {
    auto const found = states_.find(path);
    if (found == states_.end()) return false;
    return std::ranges::any_of(found->second, [&](State const& state) {
        return state.zxid > window.first && state.zxid <= window.last && predicate(state);
    });
}

bool History::existed(std::string const& path, Window window) const {
    return was(path, window, [](State const& state) { return state.exists; });
}

bool History::was_absent(std::string const& path, Window window) const {
    return was(path, window, [](State const& state) { return !state.exists; });
}

bool History::was_removed(std::string const& path, Window window) const {
    return became(path, window, [](State const& state) { return !state.exists; });
}

std::vector<History::Window> History::absences(std::string const& path) const {
    std::vector<Window> all;
    auto const found = states_.find(path);
    if (found == states_.end()) return all;
    bool is_absent = false;
    for (auto const& state : found->second) {
        if (state.exists && is_absent) all.back().last = state.zxid;
        if (!state.exists && !is_absent) all.push_back({state.zxid - 1, now()});
        is_absent = !state.exists;
    }
    return all;
}

} // namespace heliosd::sim
