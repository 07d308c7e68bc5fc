// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/follower.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::store {

struct WatchedNode;

/// What the reader of a follower has not been given yet: of each path the newest.
class PendingChanges {
public:
    void put(WatchedNode& node, std::optional<Node> content,
             std::optional<Error> unreadable = std::nullopt);
    /// The node is gone: news only to a reader who knows of it.
    void put_gone(WatchedNode& node);
    /// The record goes. What is pending of its path stays.
    void forget(WatchedNode const& node);
    /// Whether the reader still knows a node at `path` that has gone since.
    bool contains(std::string const& path) const { return pending_.contains(path); }

    bool empty() const { return pending_.empty(); }
    bool snapshot_taken() const { return snapshot_taken_; }

    /// Everything; the complete picture the first time.
    Batch take(WatchedNode const& root);
    /// What is pending of these paths only. Before the snapshot nothing is withheld from it.
    std::vector<Change> take(std::vector<std::string> paths);

private:
    struct Pending {
        WatchedNode* node; ///< null when its record is gone
        std::optional<Node> content;
        std::optional<Error> unreadable;
    };

    static Change deliver(std::string path, Pending pending);

    std::map<std::string, Pending, std::less<>> pending_;
    bool snapshot_taken_ = false;
};

} // namespace heliosd::store
