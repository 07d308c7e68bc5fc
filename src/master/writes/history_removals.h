// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "store/store.h"

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The history of a removed job, or of a job on a deregistered host, can be too large for the multi
/// that removes its owner. So that multi marks it, in its data, which nobody else reads; a worker
/// removes what is marked, if need be after a restart or in another master.
namespace heliosd::master {

/// The data of a history node that is to be removed with all below it.
inline constexpr std::string_view removed_mark = "removed";

/// The operation that marks it.
store::Op mark_history(std::string path);
/// The paths that these operations mark.
std::vector<std::string> marked_histories(std::span<store::Op const> ops);

/// Asked before each chunk of a removal whether it has to end.
using RemovalEnds = std::function<Async<Result<bool>>()>;
/// Removes the tree below `root` in chunks, listing it again when an agent still writes to it (B8).
Async<Result<>> remove_tree(store::Store& store, std::string root, RemovalEnds ends);

/// The histories that are waiting to be removed. The API adds to it, the worker takes from it.
class HistoryRemovals {
public:
    explicit HistoryRemovals(Executor executor) : changed_(executor) {}

    void add(std::string path);
    /// Suspends until there are some. They count as waiting until `done`.
    Async<Result<std::vector<std::string>>> wait();
    void done(std::string const& path);
    /// Suspends until none of `paths` is waiting.
    Async<Result<>> until_done(std::vector<std::string> paths);

private:
    std::set<std::string> waiting_;
    Condition changed_;
};

} // namespace heliosd::master
