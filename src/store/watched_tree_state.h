// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/watched_tree.h"

// The parts of a `WatchedTree` that its two sources share.

namespace heliosd::store {

struct WatchedTree::Session {
    bool connected = true;     ///< until the contrary is reported
    std::uint16_t handle = 0;  ///< counts those whose watches were lost
    std::size_t nodes = 0;     ///< whose watches it carries
    WatchedNode::List idle;    ///< those that its watches keep current
    WatchedNode::List waiting; ///< for a connection
};

/// A sync that reads were made behind.
struct WatchedTree::Sync {
    bool done = false;
};

/// A request on its way.
struct WatchedTree::Sent {
    WatchedNode* node = nullptr; ///< null for a sync
    std::shared_ptr<Sync> sync;  ///< what the read is behind; for a sync, itself
    std::shared_ptr<Fence> fence;
    SteadyTime since{}; ///< when it became due
    bool catching_up = false;
    bool full = false; ///< data and children, even of a root that is absent
    What what = What::data;
    std::uint32_t listed = 0; ///< the list of the parent that mentioned the node when it was sent
    std::uint64_t id = 0;

    bool is_confirmed() const { return sync && sync->done; }
};

/// What shows that a node is gone, and how it compares with observations of nodes below it.
struct WatchedTree::Evidence {
    std::int64_t as_of = 0;  ///< a list at this transaction; 0: none
    std::uint64_t asked = 0; ///< else: a read with this request id
    bool is_newer_than(WatchedNode const& node) const {
        return as_of > 0 ? node.czxid <= as_of : node.observed_after < asked;
    }
};

} // namespace heliosd::store
