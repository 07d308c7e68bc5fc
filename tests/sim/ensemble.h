// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/rng.h"
#include "sim/scheduler.h"
#include "sim/trace.h"
#include "store/embedded/tree.h"

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace heliosd::sim {

class Connection;

/// A ZooKeeper ensemble: a leader's log of transactions, and servers that apply it one after the
/// other, each with a delay of its own. The first server is the leader. Sessions belong to the
/// ensemble: they outlive connections, and end when no connection was heard of for their time-out.
class Ensemble {
public:
    struct Options {
        std::size_t servers = 3;
        Duration session_timeout = std::chrono::seconds{15};
    };
    /// Sees every transaction at the moment it is committed.
    using Observer =
        std::function<void(store::EmbeddedTree::Transaction const&, std::int64_t session)>;

    Ensemble(Scheduler& scheduler, Clock& clock, Rng& rng, Trace& trace, Options options);

    store::EmbeddedTree const& leader() const { return leader_; }
    void observe(Observer observer) { observers_.push_back(std::move(observer)); }

    // --- servers
    std::size_t servers() const { return servers_.size(); }
    store::EmbeddedTree const& tree_at(std::size_t server) const { return servers_[server].tree; }
    bool is_up(std::size_t server) const { return servers_[server].up; }
    /// From now on the server applies what is committed this much later.
    void set_lag(std::size_t server, Duration lag) { servers_[server].lag = lag; }
    /// A server that goes down drops its connections; one that comes back has caught up.
    void set_up(std::size_t server, bool up);
    /// The server applies everything that has been committed by now.
    void catch_up(std::size_t server);

    // --- sessions
    std::int64_t open_session();
    bool is_alive(std::int64_t session) const { return sessions_.contains(session); }
    /// The session's requests are taken from this connection only.
    void attach(std::int64_t session, std::shared_ptr<Connection> connection);
    void detach(std::int64_t session, Connection const& connection);
    /// Whether the session lives and has not moved to a newer connection.
    bool owns(std::int64_t session, Connection const& connection) const;
    /// An orderly end, or the ensemble's verdict: its ephemeral nodes go.
    void end_session(std::int64_t session);

    // --- transactions
    std::expected<store::EmbeddedTree::Transaction, store::MultiError>
    commit(std::span<store::Op const> ops, std::int64_t session);
    /// Calls `deed` when `server` has applied everything committed so far, at once if it has.
    void when_caught_up(std::size_t server, std::function<void()> deed);

    Scheduler& scheduler() { return scheduler_; }
    Clock& clock() { return clock_; }
    Rng& rng() { return rng_; }
    Trace& trace() { return trace_; }
    Duration session_timeout() const { return options_.session_timeout; }
    /// One way through the network.
    Duration hop();

private:
    struct Entry {
        std::vector<store::Op> ops; ///< empty: the end of the session
        std::int64_t session;
        WallTime time;
    };
    struct Server {
        store::EmbeddedTree tree;
        std::size_t applied = 0; ///< entries of the log
        Duration lag = std::chrono::milliseconds{2};
        SteadyTime busy_until{};
        bool up = true;
        std::multimap<std::size_t, std::function<void()>> waiting;
    };
    struct SessionRecord {
        std::shared_ptr<Connection> connection; ///< the latest
        bool connected = false;
        std::uint64_t changes = 0; ///< of its connection
    };

    void append(Entry entry, store::EmbeddedTree::Transaction const& transaction);
    void apply_until(std::size_t server, std::size_t count);
    void tell_watchers(std::size_t server, store::EmbeddedTree::Transaction const& transaction);
    void expect_return(std::int64_t session);

    Scheduler& scheduler_;
    Clock& clock_;
    Rng& rng_;
    Trace& trace_;
    Options options_;
    store::EmbeddedTree leader_;
    std::vector<Entry> log_;
    std::vector<Server> servers_;
    std::map<std::int64_t, SessionRecord> sessions_;
    std::int64_t last_session_ = 0x100;
    std::vector<Observer> observers_;
};

} // namespace heliosd::sim
