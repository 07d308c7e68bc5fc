// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "store/follower.h"
#include "store/node.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The tree that masters and agents share: ZooKeeper's data model as an interface.
namespace heliosd::store {

enum class SessionState {
    connecting, ///< calls wait for a connection, up to the connection limit
    connected,
    closed, ///< shut down for good
};

/// The session as its user sees it. `epoch` counts every (re)connection, `id` changes when the
/// session was lost and a new one was made: ephemerals must be created again.
struct Session {
    SessionState state = SessionState::connecting;
    std::int64_t id = 0;
    std::uint64_t epoch = 0;
    bool operator==(Session const&) const = default;
};

/// The versioned tree. The personality owns one; everyone else holds a reference and is joined
/// before it dies. Every call suspends until the ensemble answers; without a connection it waits
/// up to the connection limit, then says `unavailable`. A write whose answer got lost says
/// `outcome_unknown`. Nothing is sent twice. Paths are absolute, below the chroot if there is one.
class Store {
public:
    virtual ~Store() = default;

    virtual Async<Result<Node>> get(std::string path) = 0;
    /// Nothing when the node does not exist.
    virtual Async<Result<std::optional<Stat>>> exists(std::string path) = 0;
    /// Names, sorted by byte.
    virtual Async<Result<std::vector<std::string>>> children(std::string path) = 0;

    virtual Async<Result<>> create(std::string path, std::string data,
                                   CreateMode mode = CreateMode::persistent) = 0;
    virtual Async<Result<Stat>> set(std::string path, std::string data,
                                    std::int32_t version = any_version) = 0;
    virtual Async<Result<>> remove(std::string path, std::int32_t version = any_version) = 0;
    /// All or nothing, in order: each operation sees the effect of the ones before it.
    virtual Async<MultiResult> multi(std::vector<Op> ops) = 0;
    /// Until this answers, reads may show an older state than other clients have written.
    virtual Async<Result<>> sync(std::string path) = 0;

    virtual std::unique_ptr<Follower> follow(std::string root, Scope scope) = 0;

    virtual Session session() const = 0;
    /// Suspends until the session is no longer `seen`; answers what it is now.
    virtual Async<Session> session_changed(Session seen) = 0;
};

/// Whether a multi succeeded, for whoever does not ask which operation failed.
Result<> as_result(MultiResult const& outcome);

/// The session when it differs from `seen`, as `within` wants it.
Async<Result<Session>> next_session(Store& store, Session seen);

/// Creates `path` and its missing parents as empty persistent nodes; whatever is there already is
/// left alone (spec/zookeeper.md §1.2, B1).
Async<Result<>> ensure_path(Store& store, std::string path);

/// How many reads one piece of work has under way at once, where it needs many.
inline constexpr std::size_t reads_at_once = 32;

/// All nodes at and below `path`, parents first; empty when it does not exist.
Async<Result<std::vector<std::string>>> list_tree(Store& store, std::string path);

} // namespace heliosd::store
