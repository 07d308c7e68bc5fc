// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "sim/connection.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace heliosd::sim {

/// A client's session with the ensemble. It finds a server by itself, one that is not behind what
/// the session has seen, and goes on there when a connection breaks. A handle that broke with
/// requests under way is replaced by a fresh one, which has no watches and does not know what was
/// seen, as heliosd does with the C client's.
class Session final : private Connection::Client {
public:
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void connection_changed(Session& session, bool watches_lost) = 0;
        virtual void watch_fired(Session& session, std::string const& path) = 0;
    };
    using Done = std::function<void(Reply)>;

    Session(Ensemble& ensemble, Executor executor, Duration connection_limit, Listener& listener);
    ~Session();

    /// Queues a request. Patient ones wait for a connection for ever.
    void submit(Request request, Done done, bool patient = false);
    Async<Reply> call(Request request);

    bool is_connected() const { return connected_; }
    bool is_closed() const { return closed_; }
    std::int64_t id() const { return id_; }
    std::uint64_t epoch() const { return epoch_; }

    /// Says good-bye: the session ends at the ensemble, too.
    void close();
    /// The process is gone; the ensemble finds out by itself.
    void crash();

    // --- what befalls it
    void cut();
    /// The connection goes silent; the client notices after two thirds of the session time-out.
    void mute();
    /// The next write is carried out, and the connection breaks before the answer.
    void lose_next_answer();
    /// From now on it connects to this server only.
    void pin(std::size_t server);
    /// No server is reached until this is over.
    void set_reachable(bool reachable);
    std::size_t server() const { return connection_ ? connection_->server() : SIZE_MAX; }

    std::size_t watch_bytes = 0;

private:
    struct Waiting {
        Request request;
        Done done;
        SteadyTime deadline;
    };

    void replied(std::uint64_t number, Reply reply, std::int64_t seen) override;
    void fired(Watches::Paths Watches::* kind, std::string const& path) override;
    void broke() override;

    void connect_later(Duration pause);
    void connect();
    void send_queued();
    void give_up(SteadyTime deadline);
    void fail_all(Reply::Outcome outcome);

    Ensemble& ensemble_;
    Executor executor_;
    Duration connection_limit_;
    Listener& listener_;
    std::shared_ptr<Connection> connection_;
    std::deque<Waiting> queue_;
    std::deque<std::pair<std::uint64_t, Waiting>> in_flight_;
    std::uint64_t last_number_ = 0, epoch_ = 0;
    std::int64_t id_ = 0, seen_ = 0;
    bool connected_ = false, closed_ = false, reachable_ = true;
    bool fresh_ = true; ///< the next connection is the first of its handle
    std::optional<std::size_t> pinned_;
    Watches watches_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace heliosd::sim
