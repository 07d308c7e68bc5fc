// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/pending_changes.h"
#include "store/watched_node.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// What a follower knows of a subtree, what it must read next, and what it is to deliver. Pure: fed
/// with replies, watch events and connection losses, it answers with requests and changes. A path
/// stays with the session that carries its watches.
///
/// Sessions may be connected to servers of different age. So a reply that goes back (no node where
/// one is expected, an older incarnation or version than was seen) is doubted: the node is read
/// again behind a `sync`, and what that shows is believed, whatever it is; an ensemble restored
/// from a backup does go back. The record of a node that is gone is kept for as long as the list of
/// its parent mentions it or requests for it are on their way, so that no late reply revives it and
/// none for a new node of that name is missed.
class WatchedTree {
public:
    /// Assigns paths to sessions (`WatchSessions::reserve` and `release`).
    struct Budget {
        std::function<SessionNumber(std::string_view path, unsigned watches)> reserve;
        std::function<void(SessionNumber, std::string_view path, unsigned watches)> release;
        /// A new session reports its connection only when it comes: until then nothing is sent.
        std::function<bool(SessionNumber)> is_connected;
    };
    /// What a `refresh` waits for. Failed attempts are for its owner to repeat.
    struct Fence {
        std::size_t awaited = 0;
        bool lost = false, refused = false, closed = false;
    };
    struct Request {
        enum class What : std::uint8_t { data, children, existence, sync };
        std::uint64_t id;
        SessionNumber session;
        What what;
        bool fenced; ///< belongs to a fence, so that it must not wait for ever
        std::string path;
    };

    WatchedTree(std::string root, Scope scope, Budget budget = {});
    ~WatchedTree();
    WatchedTree(WatchedTree const&) = delete;
    WatchedTree& operator=(WatchedTree const&) = delete;

    std::string const& root() const { return root_->name; }
    /// What is wanted of `path`. Nothing when it is not below the root, or when a node between root
    /// and `path` is not asked for its children.
    Interest interest(std::string_view path) const;

    // Reading from sessions.

    void start(SteadyTime now);
    /// What to send now. Answered once each with `replied`, in this order per session.
    std::vector<Request> take_requests(SteadyTime now);
    void replied(std::uint64_t id, WatchReply reply, SteadyTime now);
    void watch_fired(SessionNumber session, std::string_view path, SteadyTime now);
    void session_connected(SessionNumber session, bool watches_lost, SteadyTime now);
    void session_disconnected(SessionNumber session, SteadyTime now);
    /// Reads `paths` behind a sync, beside everything else.
    void fence(std::vector<std::string> const& paths, std::shared_ptr<Fence> const& fence,
               SteadyTime now);
    /// Whether requests were refused for now, or nodes cannot be read: `retry_*` after a pause.
    bool has_refused() const { return !refused_.empty(); }
    bool has_unreadable() const { return !unreadable_.empty(); }
    void retry_refused();
    void retry_unreadable(SteadyTime now);

    // Being told by a store whose transactions come in order.

    /// The node as it is now; without `content` it is gone, and all below it.
    void observe(std::string const& path, std::optional<Node> content);
    /// What has been observed is the complete picture.
    void complete() { complete_ = true; }

    // Delivering.

    /// Whether there is something to take.
    bool ready() const;
    Batch take() { return pending_.take(*root_); }
    std::vector<Change> take(std::vector<std::string> paths);
    /// Why there can be no snapshot.
    std::optional<Error> const& failure() const { return failure_; }
    /// Since when it may be older than the ensemble; see `Follower::stale_since`.
    std::optional<SteadyTime> stale_since(SteadyTime now) const;
    /// Records held, those of nodes that are gone included.
    std::size_t size() const { return size_; }

private:
    struct Session;
    struct Sync;
    struct Sent;
    struct Evidence;
    using State = WatchedNode::State;
    using Queue = WatchedNode::Queue;
    using What = Request::What;

    WatchedNode* find(std::string_view path) const;
    WatchedNode& ensure(std::string_view path, SteadyTime now);
    WatchedNode& add(WatchedNode& parent, std::string_view name, Interest interest);
    void remove_records(WatchedNode& parent);
    bool is_removable(WatchedNode const& node) const;
    void forget(WatchedNode& node);
    void discard(WatchedNode* node);
    void erase(WatchedNode& node);

    Session& session_of(WatchedNode& node);
    void enqueue(WatchedNode& node, Queue queue, SteadyTime now);
    void push(WatchedNode& node, Queue queue);
    void send(WatchedNode& node, SteadyTime now, std::vector<Request>& out, bool catching_up);
    void send_doubted(SteadyTime now, std::vector<Request>& out);
    void round(WatchedNode& node, Sent const& sent, std::vector<Request>& out);
    std::shared_ptr<Sync> sync(SessionNumber session, Sent sent, std::vector<Request>& out);
    void request(SessionNumber session, What what, std::string path, Sent sent,
                 std::vector<Request>& out);
    void finish(WatchedNode& node);
    void postpone(WatchedNode& node, Queue queue, SteadyTime due_since);
    void doubt(WatchedNode& node, Sent const& sent);
    void check_complete();
    bool is_busy() const;
    void check_current(SteadyTime now);
    std::optional<SteadyTime> oldest_due(SteadyTime now) const;
    SteadyTime due_since(WatchedNode const& node, SteadyTime now) const;
    std::uint32_t stamp(SteadyTime now) const;

    void apply(WatchedNode& node, Sent const& sent, WatchReply reply, SteadyTime now);
    void apply_missing(WatchedNode& node, Sent const& sent, SteadyTime now);
    void apply_refusal(WatchedNode& node, Error error);
    void apply_children(WatchedNode& node, Sent const& sent, WatchReply reply, SteadyTime now);
    bool goes_back(WatchedNode const& node, Stat const& stat) const;
    void observe(WatchedNode& node, Node content);
    void merge(WatchedNode& node, std::vector<std::string> names, Evidence const& evidence,
               std::int64_t not_before, SteadyTime now);
    void gone(WatchedNode& node, Evidence const& evidence, SteadyTime now);

    Scope scope_;
    Budget budget_;
    PendingChanges pending_;
    std::unique_ptr<WatchedNode> root_;
    std::size_t size_ = 1;

    std::deque<Session> sessions_;
    WatchedNode::List changed_, doubted_, refused_, unreadable_;
    /// After a reconnect: those whose watches are lost, and those that are read once more to make
    /// sure, behind everything else.
    WatchedNode::List unarmed_, unverified_;
    std::map<std::uint64_t, Sent> sent_;
    std::vector<Request> fence_requests_;
    std::uint64_t last_id_ = 0;
    std::uint32_t last_list_ = 0;
    std::size_t catching_up_ = 0; ///< reads on their way of what was in `unarmed_`, `unverified_`

    SteadyTime started_{}, connected_at_{};
    std::optional<SteadyTime> stale_since_;
    bool complete_ = false;
    std::optional<Error> failure_;
};

} // namespace heliosd::store
