// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/condition.h"
#include "base/async/offload.h"
#include "store/embedded/journal.h"
#include "store/embedded/tree.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::store {

class EmbeddedStore;
class WatchedTree;

struct EmbeddedOptions {
    /// How long a call waits while the session is offline, before it says `unavailable`.
    Duration connection_limit = std::chrono::seconds{15};
};

/// A ZooKeeper ensemble inside the process: the tree, its sessions, and (with a file) what makes it
/// survive a crash. `solo` owns one; every test that needs a store does too. It must outlive the
/// stores it hands out.
///
/// Transactions are applied in memory at once and become visible when they are durable. Those that
/// arrive while a commit runs share the next one. Whoever asks about a node that a transaction on
/// its way has touched waits for it, so nobody ever sees what a crash could take back. When a
/// commit fails, its transactions answer `outcome_unknown` and stay queued; the next call tries
/// again.
class EmbeddedEnsemble {
public:
    /// In memory only.
    EmbeddedEnsemble(Executor executor, Clock& clock, Offload& offload);
    /// On what `journal` holds.
    static Result<std::unique_ptr<EmbeddedEnsemble>>
    open(Executor executor, Clock& clock, Offload& offload, std::unique_ptr<Journal> journal);
    ~EmbeddedEnsemble();

    /// A new session.
    std::unique_ptr<EmbeddedStore> connect(EmbeddedOptions options = {});

    /// The state including transactions that are not durable yet.
    EmbeddedTree const& tree() const { return tree_; }
    /// How many changes followers get with the next commit: one for each path at the most, however
    /// long commits fail.
    std::size_t waiting_events() const { return waiting_.events.size(); }

private:
    friend class EmbeddedStore;
    friend class EmbeddedFollower;

    /// The last state of a node that followers want to know once `zxid` is durable.
    struct Event {
        std::int64_t zxid;
        std::optional<Node> node;
    };
    using Events = std::map<std::string, Event>;
    /// What one commit makes durable, and what followers get after it.
    struct Commit {
        Journal::Group group;
        Events events;
    };
    /// A follower, and the last transaction its first picture includes.
    struct Watching {
        WatchedTree* tree;
        AutoResetEvent* wakeup;
        std::int64_t since;
        bool operator==(Watching const&) const = default;
    };

    std::int64_t next_session() { return ++last_session_; }
    std::expected<std::int64_t, MultiError> apply(std::span<Op const> ops, std::int64_t session);
    void end_session(std::int64_t session);

    /// Suspends until everything up to `zxid` is durable. Fails when a commit of it failed; another
    /// attempt is on its way then or with the next call.
    Async<Result<>> durable(std::int64_t zxid);
    bool is_durable(std::int64_t zxid) const { return zxid <= durable_; }
    /// The last transaction on its way that touched `path`; 0 when there is none.
    std::int64_t touched(std::string_view path) const;

    void watch(Watching watching) { watching_.push_back(watching); }
    void unwatch(Watching watching) { std::erase(watching_, watching); }

    void record(EmbeddedTree::Transaction const& transaction);
    void start_commit();
    void committed(Commit commit, Result<> outcome);
    void publish(Events const& events);

    Executor executor_;
    Clock& clock_;
    Offload& offload_;
    std::shared_ptr<Journal> journal_;
    EmbeddedTree tree_;
    std::int64_t last_session_;

    std::vector<Watching> watching_; ///< in the order they came, for repeatable runs
    Commit waiting_;                 ///< the next one
    std::map<std::string, std::int64_t, std::less<>> touched_;
    std::int64_t durable_ = 0;
    bool committing_ = false;
    std::int64_t failed_ = 0; ///< the last transaction of a commit that failed and is not made good
    Error failure_;
    Condition progress_;
    /// Gone when this is: a commit that ends later has nobody to tell.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace heliosd::store
