// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/node.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// What a follower wants to know of one node. Nothing of both: the node is not reported at all.
struct Interest {
    bool data = false;     ///< its data (and that it exists)
    bool children = false; ///< the names below it, which are then asked about in turn
};
/// Says for the root and each path found below it what is wanted. Must be pure.
using Scope = std::function<Interest(std::string_view path)>;

/// A node as it is now; without `node` it does not exist (any more). With an interest in children
/// only, the node's data may be empty.
struct Change {
    std::string path;
    std::optional<Node> node;
    /// Why the servers refuse to show a node that exists (`no_auth`, `bad_path`): its data is empty
    /// then, and what is known of its children stays as it was. When it can be read again, it
    /// comes as an ordinary change.
    std::optional<Error> unreadable = std::nullopt;
};

/// What happened since the last batch, parents before children, each path at most once.
struct Batch {
    /// The first batch is the complete picture, delivered whole; all later ones are differences.
    bool snapshot = false;
    std::vector<Change> changes;
};

/// A picture of a subtree that stays true. `next` delivers the snapshot, then changes; when the
/// reader is slow, changes of one path collapse into the newest, so nothing piles up. Connection
/// losses are bridged: after a reconnect the differences arrive as ordinary changes. Until then the
/// last picture stands, and `stale_since` says so.
class Follower {
public:
    virtual ~Follower() = default;

    /// Suspends until there is something new; never answers an empty batch, except that the
    /// snapshot of a root that does not exist holds just the root without a node. Errors: `closed`,
    /// and `no_auth` or `bad_path` while the root cannot be read and there has been no snapshot.
    /// `unavailable` is not one of them: it waits.
    virtual Async<Result<Batch>> next() = 0;

    /// The fence: brings `paths` (which must be in scope) up to the newest state of the ensemble
    /// (sync, then read) and answers with their changes; these do not come again in `next`, nor
    /// does anything older about the same paths.
    virtual Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) = 0;

    /// Since when what has been delivered may be older than what the ensemble has: the connection
    /// is lost, or not everything has been verified since it came back. Nothing while it is
    /// current.
    virtual std::optional<SteadyTime> stale_since() const { return std::nullopt; }
    bool is_current() const { return !stale_since(); }
};

} // namespace heliosd::store
