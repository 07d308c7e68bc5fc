// SPDX-License-Identifier: Apache-2.0
#include "sim/session.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace heliosd::sim {

using namespace std::chrono_literals;

Session::Session(Ensemble& ensemble, Executor executor, Duration connection_limit,
                 Listener& listener)
    : ensemble_(ensemble),
      executor_(executor),
      connection_limit_(connection_limit),
      listener_(listener) {
    connect_later(ensemble_.hop());
}

Session::~Session() {
    crash();
}

void Session::submit(Request request, Done done, bool patient) {
    if (closed_) {
        done({.outcome = Reply::Outcome::closing, .sent = false});
        return;
    }
    auto const now = ensemble_.scheduler().now();
    auto const deadline = patient ? SteadyTime::max() : now + connection_limit_;
    queue_.push_back({std::move(request), std::move(done), deadline});
    if (connected_) {
        send_queued();
    } else if (!patient) {
        ensemble_.scheduler().at(deadline, [this, alive = std::weak_ptr(alive_), deadline] {
            if (!alive.expired()) give_up(deadline);
        });
    }
}

Async<Reply> Session::call(Request request) {
    struct Answer {
        explicit Answer(Executor executor) : there(executor) {}
        Reply reply;
        AutoResetEvent there;
    };
    // Shared, because a cancelled caller is gone before the reply comes.
    auto answer = std::make_shared<Answer>(executor_);
    submit(std::move(request), [answer](Reply reply) {
        answer->reply = std::move(reply);
        answer->there.set();
    });
    // As a real one, it answers in another turn of the loop.
    if (closed_) co_await asio::post(executor_, asio::use_awaitable);
    co_await answer->there.wait();
    co_return std::move(answer->reply);
}

void Session::give_up(SteadyTime deadline) {
    if (connected_) return;
    std::deque<Waiting> expired, waiting;
    for (auto& one : queue_)
        (one.deadline <= deadline ? expired : waiting).push_back(std::move(one));
    queue_ = std::move(waiting);
    for (auto& one : expired) one.done({.outcome = Reply::Outcome::lost, .sent = false});
}

void Session::connect_later(Duration pause) {
    ensemble_.scheduler().after(pause, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) connect();
    });
}

void Session::connect() {
    if (closed_ || connected_) return;
    auto const server = pinned_.value_or(ensemble_.rng().below(ensemble_.servers()));
    bool const behind = ensemble_.tree_at(server).last_zxid() < seen_;
    if (!reachable_ || !ensemble_.is_up(server) || behind) {
        connect_later(50ms + ensemble_.hop());
        return;
    }
    if (id_ != 0 && !ensemble_.is_alive(id_)) {
        id_ = 0;
        fresh_ = true;
    }
    if (fresh_) watches_ = {};
    if (id_ == 0) id_ = ensemble_.open_session();
    Connection::Client& client = *this;
    connection_ = std::make_shared<Connection>(ensemble_, server, id_, client);
    ensemble_.attach(id_, connection_);
    connected_ = true;
    ++epoch_;
    bool const watches_lost = std::exchange(fresh_, false);
    if (!watches_lost) connection_->rearm(watches_, seen_);
    ensemble_.trace().add("zookeeper: session {:x} on server {}{}", id_, server,
                          watches_lost ? ", afresh" : "");
    listener_.connection_changed(*this, watches_lost);
    send_queued();
}

void Session::send_queued() {
    while (connected_ && !queue_.empty()) {
        auto waiting = std::move(queue_.front());
        queue_.pop_front();
        auto const number = ++last_number_;
        connection_->send(number, waiting.request);
        in_flight_.emplace_back(number, std::move(waiting));
    }
}

void Session::replied(std::uint64_t number, Reply reply, std::int64_t seen) {
    auto const waiting = std::move(in_flight_.front());
    in_flight_.pop_front();
    if (waiting.first != number) throw std::logic_error("a reply out of order");
    seen_ = std::max(seen_, seen);
    auto const& request = waiting.second.request;
    using Kind = Request::Kind;
    if (request.watch) {
        if (request.kind == Kind::children && reply.is_ok())
            watches_.children.insert(request.path);
        else if (request.kind != Kind::children && reply.is_ok())
            watches_.data.insert(request.path);
        else if (request.kind == Kind::exists)
            watches_.existence.insert(request.path);
    }
    waiting.second.done(std::move(reply));
}

void Session::fired(Watches::Paths Watches::* kind, std::string const& path) {
    (watches_.*kind).erase(path);
    listener_.watch_fired(*this, path);
}

void Session::broke() {
    connection_ = nullptr;
    connected_ = false;
    if (!in_flight_.empty()) {
        fresh_ = true;
        seen_ = 0;
        for (auto& [number, waiting] : std::exchange(in_flight_, {}))
            waiting.done({.outcome = Reply::Outcome::lost, .sent = true});
    }
    if (closed_) return;
    ensemble_.trace().add("zookeeper: session {:x} lost its connection", id_);
    listener_.connection_changed(*this, false);
    connect_later(5ms + ensemble_.hop());
}

void Session::cut() {
    if (connection_) connection_->cut();
}

void Session::mute() {
    if (!connection_) return;
    connection_->mute();
    ensemble_.scheduler().after(ensemble_.session_timeout() * 2 / 3,
                                [connection = std::weak_ptr(connection_)] {
                                    if (auto const muted = connection.lock()) muted->cut();
                                });
}

void Session::lose_next_answer() {
    if (connection_) connection_->lose_next_answer();
}

void Session::pin(std::size_t server) {
    pinned_ = server;
    if (connection_ && connection_->server() != server) cut();
}

void Session::set_reachable(bool reachable) {
    reachable_ = reachable;
    if (!reachable) cut();
}

void Session::fail_all(Reply::Outcome outcome) {
    for (auto& [number, waiting] : std::exchange(in_flight_, {}))
        waiting.done({.outcome = outcome, .sent = true});
    for (auto& waiting : std::exchange(queue_, {}))
        waiting.done({.outcome = outcome, .sent = false});
}

void Session::close() {
    if (closed_) return;
    bool const known = connected_;
    crash();
    if (known) ensemble_.end_session(id_);
}

void Session::crash() {
    if (closed_) return;
    closed_ = true;
    connected_ = false;
    if (auto const connection = std::exchange(connection_, nullptr)) connection->abandon();
    fail_all(Reply::Outcome::closing);
    listener_.connection_changed(*this, false);
}

} // namespace heliosd::sim
