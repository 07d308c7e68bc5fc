// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/ensemble.h"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace heliosd::sim {

/// What a client asks a server.
struct Request {
    enum class Kind { get, exists, children, write, sync } kind = Kind::get;
    std::string path;
    bool watch = false;
    std::vector<store::Op> ops; ///< of a write
    std::function<void()> on_commit = {};
};

/// What became of it.
struct Reply {
    enum class Outcome {
        answered,
        lost,    ///< the connection broke
        closing, ///< the session was shut down
    } outcome = Outcome::answered;
    bool sent = true; ///< whether it may have reached a server
    std::optional<store::MultiError> refused;
    store::Node node; ///< `stat` also of `exists`, `children` and a single write
    std::vector<std::string> names;

    bool is_ok() const { return outcome == Outcome::answered && !refused; }
    bool is_missing() const {
        return refused && refused->error.code == store::StoreErrc::not_found;
    }
};

/// The watches of a session.
struct Watches {
    using Paths = std::set<std::string, std::less<>>;
    Paths data, existence, children;
};

/// One connection between a client and a server, with the server's part of the session: requests
/// are answered in order, a write holds up what follows until this server has applied it, replies
/// and watch events come in order. A request that has arrived is carried out although the
/// connection breaks, unless the session has moved to another one before its turn.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// The client's end.
    class Client {
    public:
        virtual ~Client() = default;
        virtual void replied(std::uint64_t number, Reply reply, std::int64_t seen) = 0;
        virtual void fired(Watches::Paths Watches::* kind, std::string const& path) = 0;
        /// The connection broke.
        virtual void broke() = 0;
    };

    Connection(Ensemble& ensemble, std::size_t server, std::int64_t session, Client& client)
        : ensemble_(ensemble), server_(server), session_(session), client_(&client) {}

    std::size_t server() const { return server_; }
    void send(std::uint64_t number, Request request);
    /// Arms the watches a client had on another connection; those of what has changed since
    /// transaction `seen` fire.
    void rearm(Watches watches, std::int64_t seen);
    /// Breaks it; both sides notice.
    void cut();
    /// Nothing passes any more, and neither side notices yet.
    void mute() { muted_ = true; }
    /// Breaks it when the next write has been committed, before that is answered.
    void lose_next_answer() { losing_answer_ = true; }
    /// The client has gone without a word.
    void abandon();

    /// The server has applied this.
    void applied(store::EmbeddedTree::Transaction const& transaction);

private:
    struct Pending {
        std::uint64_t number;
        Request request;
        bool is_ready = false; ///< to be answered, once it is its turn
        Reply reply = {};
    };
    using PendingPtr = std::shared_ptr<Pending>;

    void arrived(PendingPtr pending);
    void commit(PendingPtr pending);
    void catch_up(PendingPtr pending);
    void serve();
    Reply read(Request const& request);
    void fire(Watches::Paths Watches::* kind, std::string const& path);
    void tell(Watches::Paths Watches::* kind, std::string const& path);
    void to_client(std::function<void(Client&)> deed);

    Ensemble& ensemble_;
    std::size_t server_;
    std::int64_t session_;
    Client* client_; ///< null when it is gone
    bool muted_ = false, losing_answer_ = false;
    std::deque<PendingPtr> queue_;
    SteadyTime arrivals_{}, forwarded_{}, departures_{};
    Watches watches_;
};

} // namespace heliosd::sim
