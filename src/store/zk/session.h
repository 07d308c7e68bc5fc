// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/zk/handle.h"
#include "store/zk/reconnect.h"
#include "store/zk/request_queue.h"
#include "store/zk/server_addresses.h"
#include "store/zk/socket.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace heliosd::store {

struct ZkSessionOptions {
    std::string chroot;
    Duration session_timeout = std::chrono::seconds{60};
    /// How long requests wait for a connection.
    Duration connection_limit = std::chrono::seconds{15};
    /// `user:password` of the digest scheme; none when empty.
    std::string credentials;
};

/// One session with the ensemble, kept alive for as long as `run` runs: an expired one is replaced
/// by a new one. It owns the C client's handle; all calls into the library happen in `run`, from a
/// queue. How it goes on without a connection is decided by `decide_reconnect`.
///
/// A fresh handle does not know what its predecessor has seen, and might read older things from a
/// server that lags behind; so its first request is a sync.
class ZkSession {
public:
    enum class State { disconnected, connected, closed };
    class Listener {
    public:
        virtual ~Listener() = default;
        /// The state, or the connection, is another. `watches_lost`: by a handle that has none.
        virtual void connection_changed(ZkSession& session, bool watches_lost) = 0;
        virtual void watch_fired(ZkSession& session, std::string const& path) = 0;
    };

    ZkSession(Executor executor, Clock& clock, ZkSessionOptions options, ServerAddresses& addresses,
              Listener& listener);
    ~ZkSession();
    ZkSession(ZkSession const&) = delete;
    ZkSession& operator=(ZkSession const&) = delete;

    /// Until cancelled or stopped; then ends the session at the servers.
    Async<void> run();
    /// Makes `run` end.
    void stop();

    /// Queues a request; `done` is called from `run`. Patient ones wait for a connection for ever.
    void submit(ZkRequest::Start start, ZkRequest::Done done, bool patient = false);
    /// The same, and suspends until it is answered. A caller that is cancelled withdraws a request
    /// that has not been sent.
    Async<ZkReply> call(ZkRequest::Start start);

    State state() const { return state_; }
    bool is_connected() const { return state_ == State::connected; }
    std::int64_t id() const { return identity_.id; }
    /// Counts the connections.
    std::uint64_t epoch() const { return epoch_; }
    /// The secret that, with the id, lets another process continue this session.
    std::string const& password() const { return identity_.password; }
    /// Why there is no connection, for people; empty while there is one.
    std::string const& trouble() const { return trouble_; }
    /// Since when there is none.
    SteadyTime disconnected_since() const { return disconnected_since_; }

private:
    Async<void> serve();
    Async<void> open();
    Async<void> turn(Duration limit);
    Async<void> close();

    ZkRequestQueue::Number enqueue(ZkRequest::Start start, ZkRequest::Done done, bool patient);
    void send_waiting();
    bool peer_is_there() const;
    void read_replies(int events);
    void update_servers();
    void note_failure(int code);
    void note_refusal();
    void check_state();
    void connected();
    void disconnected(std::string reason);
    void drop_handle(Reconnect decision);
    void dispatch();

    Executor executor_;
    Clock& clock_;
    ZkSessionOptions options_;
    ServerAddresses& addresses_;
    Listener& listener_;

    std::unique_ptr<ZkHandle> handle_;
    ZkSocket socket_;
    int fd_ = -1;
    /// Shared with callers that may outlive the session.
    std::shared_ptr<ZkRequestQueue> requests_ = std::make_shared<ZkRequestQueue>();

    State state_ = State::disconnected;
    bool stopping_ = false;
    ConnectionFacts facts_;
    ZkHandle::State handle_state_ = ZkHandle::State::connecting;
    bool has_watches_ = false;                    ///< the handle has had a connection
    bool was_useful_ = false;                     ///< anything was answered on this connection
    std::optional<ZkHandle::Identity> continued_; ///< the session that the next handle continues
    ZkHandle::Identity identity_;
    std::uint64_t epoch_ = 0;
    std::string trouble_ = "connecting", servers_;
    SteadyTime disconnected_since_, connected_at_{};
    /// Refusals since the last connection, and of this handle.
    SteadyTime refused_since_{}, handle_refused_since_{}, last_refusal_{};
};

} // namespace heliosd::store
