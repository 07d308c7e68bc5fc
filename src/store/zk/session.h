// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/zk/connect_string.h"
#include "store/zk/request.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace heliosd::store {

struct ZkSessionOptions {
    ConnectString servers;
    Duration session_timeout = std::chrono::seconds{60};
    /// How long requests wait for a connection.
    Duration connection_limit = std::chrono::seconds{15};
    /// `user:password` of the digest scheme; none when empty.
    std::string credentials;
    Resolve resolve;
};

/// One session with the ensemble, kept alive for as long as `run` runs: an expired one is replaced
/// by a new one. It owns the C client's handle; all calls into the library happen in `run`, from a
/// queue.
///
/// Asio must not know the library's socket while the library runs: it may close it and open another
/// with the same number, which Asio would never notice. So the socket is registered for each wait
/// and released after it.
///
/// When a connection breaks while requests are under way, the library may keep the unsent part of
/// one and send it on the next connection: a write that was given up long ago, or half a packet,
/// at which the server hangs up. So the session then continues with a fresh handle.
///
/// Servers refuse whoever has seen newer transactions than they have. When all of them do, again
/// and again, they were restored from a backup: a fresh handle has seen nothing. What its reads
/// show may be older than what was read before; among themselves they never go back.
class ZkSession {
public:
    /// Who wants to know what happens to a session.
    class Listener {
    public:
        virtual ~Listener() = default;
        /// Connected, disconnected or closed. `watches_lost`: by a handle that has none.
        virtual void connection_changed(ZkSession& session, bool watches_lost) = 0;
        virtual void watch_fired(std::string const& path) = 0;
    };

    ZkSession(Executor executor, Clock& clock, ZkSessionOptions options, Listener& listener);
    ~ZkSession();
    ZkSession(ZkSession const&) = delete;
    ZkSession& operator=(ZkSession const&) = delete;

    /// Until cancelled or stopped; then says good-bye to the servers.
    Async<void> run();
    /// Makes `run` end.
    void stop();

    /// Queues a request; `done` is called from `run`. Patient ones wait for a connection for ever.
    void submit(ZkRequest::Start start, ZkRequest::Done done, bool patient = false);
    /// The same, and suspends until it is answered.
    Async<ZkReply> call(ZkRequest::Start start);

    bool is_connected() const { return connected_; }
    bool is_closed() const { return closed_; }
    std::int64_t id() const { return id_; }
    /// Counts the connections.
    std::uint64_t epoch() const { return epoch_; }
    /// The secret that, with the id, lets another process continue this session.
    std::string const& password() const { return password_; }
    /// Why there is no connection, for people; empty while there is one.
    std::string const& trouble() const { return trouble_; }
    /// Since when there is none.
    SteadyTime disconnected_since() const { return disconnected_since_; }

    /// Bytes of the watches that are entrusted to this session; kept by its user.
    std::size_t watch_bytes = 0;

private:
    struct Close {
        void operator()(_zhandle* handle) const;
    };

    Async<void> serve();
    Async<void> open();
    Async<void> pause();
    Async<void> refresh_servers();
    Async<void> step(Duration limit);
    Async<int> wait_for_socket(int fd, int interest, Duration limit);
    Async<void> say_goodbye();

    bool peer_is_there() const;
    void send_queued();
    void give_up_waiting();
    void read_replies(int events);
    void look();
    void lost(char const* reason);
    void note_trouble(int code);
    void drop_handle();
    void fail_in_flight(ZkReply const& reply);
    void dispatch();
    void kick();

    Executor executor_;
    Clock& clock_;
    ZkSessionOptions options_;
    Listener& listener_;

    std::unique_ptr<_zhandle, Close> handle_;
    asio::posix::stream_descriptor socket_;
    int fd_ = -1; ///< the library's; never ours to close
    asio::steady_timer timer_;
    bool kicked_ = false, stopping_ = false, closed_ = false;

    std::deque<std::unique_ptr<ZkRequest>> queue_;
    /// Sent and not answered, in the order sent.
    std::map<std::uint64_t, std::unique_ptr<ZkRequest>> in_flight_;
    /// Failed by us, but the library still knows their addresses.
    std::map<std::uint64_t, std::unique_ptr<ZkRequest>> abandoned_;
    std::uint64_t last_number_ = 0;
    ZkEvents events_;

    bool connected_ = false;
    bool had_connection_ = false; ///< with this handle: the next one has its watches
    bool resuming_ = false;       ///< the next handle continues the session `id_`
    bool associating_ = false;    ///< TCP is up, the session is not
    std::int64_t id_ = 0;
    std::uint64_t epoch_ = 0;
    std::string password_, trouble_ = "connecting";
    SteadyTime disconnected_since_, connected_at_, resolved_at_;
    bool heard_ = false; ///< anything of use since this connection was made
    int refusals_ = 0;   ///< connections in a row that ended before the session began
    int fruitless_ = 0;  ///< resumed connections in a row that broke at once
};

} // namespace heliosd::store
