// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The tree that masters and agents share: ZooKeeper's data model as an interface.
namespace heliosd::store {

enum class StoreErrc {
    not_found = 1,    ///< no such node (or no parent)
    exists,           ///< create: the node is there
    version_conflict, ///< set, remove, check: the node has another version
    not_empty,        ///< remove: the node has children
    no_auth,          ///< the ACL forbids it
    too_large,        ///< the request exceeds the servers' limit (1 MiB)
    bad_path,         ///< not a valid path (spec/zookeeper.md §1.4)
    unavailable,      ///< not connected: nothing happened, try again later
    outcome_unknown,  ///< the connection broke: the write may or may not have happened (§12.2)
    session_lost,     ///< the session expired; ephemerals are gone
    closed,           ///< this store has been shut down
};

std::error_category const& store_category() noexcept;
inline std::error_code make_error_code(StoreErrc e) noexcept {
    return {static_cast<int>(e), store_category()};
}

/// What ZooKeeper knows of a node. Times are the server's, in ms since the epoch.
struct Stat {
    std::int64_t czxid = 0, mzxid = 0, pzxid = 0;
    std::int64_t ctime = 0, mtime = 0;
    std::int32_t version = 0, cversion = 0, aversion = 0;
    std::int64_t ephemeral_owner = 0; ///< session id; 0 for a persistent node
    std::int32_t data_length = 0, num_children = 0;
    bool operator==(Stat const&) const = default;
};

struct Node {
    std::string data;
    Stat stat;
};

enum class CreateMode { persistent, ephemeral };

inline constexpr std::int32_t any_version = -1;

/// One operation of a multi.
struct Create {
    std::string path, data;
    CreateMode mode = CreateMode::persistent;
};
struct Set {
    std::string path, data;
    std::int32_t version = any_version;
};
struct Remove {
    std::string path;
    std::int32_t version = any_version;
};
struct Check {
    std::string path;
    std::int32_t version = any_version;
};
using Op = std::variant<Create, Set, Remove, Check>;

/// Why a multi did not happen: all or nothing, so nothing did (except after `outcome_unknown`).
struct MultiError {
    Error error;
    /// The first operation that failed, as its place in the list; none when the whole request did.
    std::optional<std::size_t> failed;
};
using MultiResult = std::expected<void, MultiError>;

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
/// last picture stands; look at `Store::session` to know how fresh it is.
class Follower {
public:
    virtual ~Follower() = default;

    /// Suspends until there is something new; never answers an empty batch, except that the
    /// snapshot of a root that does not exist holds just the root without a node. Errors:
    /// `no_auth`, `closed`. `unavailable` is not one of them: it waits.
    virtual Async<Result<Batch>> next() = 0;

    /// The fence: brings `paths` (which must be in scope) up to the newest state of the ensemble
    /// (sync, then read) and answers with their changes; these do not come again in `next`, nor
    /// does anything older about the same paths.
    virtual Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) = 0;
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

/// Permission bits of an ACL entry, as ZooKeeper numbers them.
enum Permission : int { perm_read = 1, perm_write = 2, perm_create = 4, perm_delete = 8 };

struct AclEntry {
    int permissions = 0;
    std::string scheme, id;
    bool operator==(AclEntry const&) const = default;
};

/// The ACL of a node about to be created at `path`; an empty list is "open to all".
using AclPolicy = std::function<std::vector<AclEntry>(std::string_view path)>;

/// Whether `path` satisfies ZooKeeper's rules: absolute, no empty, `.` or `..` segment, no trailing
/// slash, no control characters.
bool is_valid_path(std::string_view path);

/// `join("/config/jobs", id)`.
std::string join(std::string_view parent, std::string_view name);
/// `/a/b` → `/a`; `/a` → `/`.
std::string_view parent(std::string_view path);
/// `/a/b` → `b`.
std::string_view basename(std::string_view path);

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

template <> struct std::is_error_code_enum<heliosd::store::StoreErrc> : std::true_type {};
