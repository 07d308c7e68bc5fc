// SPDX-License-Identifier: Apache-2.0
#include "store/pending_changes.h"

#include "store/watched_node.h"

#include <algorithm>
#include <utility>

namespace heliosd::store {

void PendingChanges::put(WatchedNode& node, std::optional<Node> content,
                         std::optional<Error> unreadable) {
    pending_.insert_or_assign(node.path(),
                              Pending{&node, std::move(content), std::move(unreadable)});
}

void PendingChanges::put_gone(WatchedNode& node) {
    if (node.delivered)
        put(node, std::nullopt);
    else
        pending_.erase(node.path());
}

void PendingChanges::forget(WatchedNode const& node) {
    if (auto const it = pending_.find(node.path()); it != pending_.end()) it->second.node = nullptr;
}

Batch PendingChanges::take(WatchedNode const& root) {
    Batch batch{!std::exchange(snapshot_taken_, true), {}};
    if (batch.snapshot && !pending_.contains(root.name))
        batch.changes.push_back({root.name, std::nullopt});
    batch.changes.reserve(pending_.size());
    while (!pending_.empty()) {
        auto one = pending_.extract(pending_.begin());
        batch.changes.push_back(deliver(std::move(one.key()), std::move(one.mapped())));
    }
    return batch;
}

std::vector<Change> PendingChanges::take(std::vector<std::string> paths) {
    std::ranges::sort(paths);
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    std::vector<Change> changes;
    for (auto& path : paths) {
        auto const it = pending_.find(path);
        if (it == pending_.end()) continue;
        if (snapshot_taken_)
            changes.push_back(deliver(std::move(path), std::move(pending_.extract(it).mapped())));
        else
            changes.push_back({path, it->second.content, it->second.unreadable});
    }
    return changes;
}

Change PendingChanges::deliver(std::string path, Pending pending) {
    if (pending.node) pending.node->delivered = pending.content.has_value();
    return {std::move(path), std::move(pending.content), std::move(pending.unreadable)};
}

} // namespace heliosd::store
