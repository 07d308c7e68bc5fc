// SPDX-License-Identifier: Apache-2.0
#include "master/writes/history_removals.h"

#include "master/writes/host_writes.h"
#include "master/writes/write_failure.h"

#include <algorithm>

#include <fmt/format.h>

namespace heliosd::master {

store::Op mark_history(std::string path) {
    return store::Set{std::move(path), std::string(removed_mark)};
}

std::vector<std::string> marked_histories(std::span<store::Op const> ops) {
    std::vector<std::string> paths;
    for (auto const& op : ops) {
        auto const* const set = std::get_if<store::Set>(&op);
        if (set && set->data == removed_mark) paths.push_back(set->path);
    }
    return paths;
}

Async<Result<>> remove_tree(store::Store& store, std::string root, RemovalEnds ends) {
    constexpr int rounds = 5;
    Error last;
    for (int round = 0; round < rounds; ++round) {
        auto const tree = CO_TRY(co_await store::list_tree(store, root));
        if (tree.empty()) co_return Result<>{};
        auto const chunks = removal_chunks(tree);
        bool removed = true;
        for (auto const& chunk : chunks) {
            auto asked = ends();
            bool const ended = CO_TRY(co_await std::move(asked));
            if (ended) co_return Result<>{};
            auto const done = co_await store.multi(chunk);
            if (done) continue;
            // An agent added or trimmed an event meanwhile: list again.
            last = done.error().error;
            if (classify(last) == WriteFailure::fatal) co_return std::unexpected(last);
            removed = false;
            break;
        }
        if (removed) co_return Result<>{};
    }
    co_return fail(last.code, fmt::format("{} could not be removed: {}", root, last.message));
}

void HistoryRemovals::add(std::string path) {
    waiting_.insert(std::move(path));
    changed_.notify();
}

Async<Result<std::vector<std::string>>> HistoryRemovals::wait() {
    while (waiting_.empty()) co_await changed_.wait();
    co_return std::vector(waiting_.begin(), waiting_.end());
}

void HistoryRemovals::done(std::string const& path) {
    waiting_.erase(path);
    changed_.notify();
}

Async<Result<>> HistoryRemovals::until_done(std::vector<std::string> paths) {
    auto const waits = [this](std::string const& path) { return waiting_.contains(path); };
    while (std::ranges::any_of(paths, waits)) co_await changed_.wait();
    co_return Result<>{};
}

} // namespace heliosd::master
