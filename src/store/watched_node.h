// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/follower.h"
#include "store/watch_sessions.h"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// The record of one path in a `WatchedTree`: about 130 bytes, and the name where it is longer than
/// 15 bytes. Paths are put together when they are needed.
struct WatchedNode
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    enum class State : std::uint8_t {
        unknown, ///< not read yet
        present,
        absent,
        unreadable, ///< exists, but the servers refuse to show it
    };
    /// Where the record is queued, or is to be queued when its reads have been answered. The
    /// higher one wins.
    enum class Queue : std::uint8_t {
        idle,       ///< its watch will say when to read it; or it waits for its turn to be verified
        unreadable, ///< to be read again after a long pause
        changed,    ///< to be read
        doubted,    ///< to be read behind a sync
        refused,    ///< to be read after a short pause
    };
    using List = boost::intrusive::list<WatchedNode, boost::intrusive::constant_time_size<false>>;

    /// The names below a node that is watched for them.
    struct Children {
        std::vector<std::unique_ptr<WatchedNode>> nodes; ///< sorted by name
        std::int64_t pzxid = 0;                          ///< of the last list
        std::uint64_t confirmed = 0; ///< the request of the last list that was behind a sync
        std::uint32_t serial = 0;    ///< of the last list; 0: none yet
    };

    WatchedNode(WatchedNode* parent_node, std::string_view own_name, Interest wanted);

    std::string path() const;
    WatchedNode* find(std::string_view child) const;
    /// Where `child` is in `children`, or belongs.
    std::vector<std::unique_ptr<WatchedNode>>::iterator place_of(std::string_view child);
    /// Whether the last list of its parent mentions it.
    bool is_listed() const;
    bool has_children() const { return children && !children->nodes.empty(); }
    unsigned watches() const { return (interest.data ? 1u : 0u) + (interest.children ? 1u : 0u); }

    WatchedNode* parent;
    std::string name; ///< the whole path for the root
    std::unique_ptr<Children> children;

    /// Of the last observation. The times too: a restored ensemble may use transaction ids a second
    /// time. Of a node that is not present: what exists must be newer than this.
    std::int64_t czxid = 0, mzxid = 0, ctime = 0, mtime = 0;
    std::uint64_t observed_after = 0; ///< the last request made before it was seen
    std::uint32_t listed = 0;         ///< the last list of its parent that mentioned it
    std::uint32_t due_since = 0;      ///< when it became due to be read, in ms
    std::uint32_t reading = 0;        ///< requests on their way
    SessionNumber session = 0;
    std::uint16_t handle = 0; ///< of its session, when it was seen to be gone
    State state = State::unknown;
    Queue queue = Queue::idle;
    Queue next = Queue::idle; ///< while reading: where to go then
    Interest interest;
    bool has_session = false;
    bool delivered = false; ///< the reader knows that it exists
};

} // namespace heliosd::store
