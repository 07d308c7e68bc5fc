// SPDX-License-Identifier: Apache-2.0
#include "sim/lagging_store.h"

#include "store/request_size.h"
#include "store/watch_follower.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::sim {

using store::StoreErrc;

namespace {

Error read_error(Reply const& reply) {
    if (reply.outcome == Reply::Outcome::closing)
        return {StoreErrc::closed, "the store has been closed"};
    if (reply.outcome == Reply::Outcome::lost)
        return {StoreErrc::unavailable, "no connection to ZooKeeper"};
    return reply.refused->error;
}

store::MultiError write_error(Reply const& reply) {
    if (reply.outcome == Reply::Outcome::answered) return *reply.refused;
    if (reply.sent)
        return {{StoreErrc::outcome_unknown, "the connection broke before the answer came"},
                std::nullopt};
    return {read_error(reply), std::nullopt};
}

store::WatchReply watch_reply(Reply reply) {
    using Outcome = store::WatchReply::Outcome;
    store::WatchReply answer{.outcome = Outcome::ok,
                             .stat = reply.node.stat,
                             .data = std::move(reply.node.data),
                             .names = std::move(reply.names),
                             .error = {}};
    if (reply.is_ok()) return answer;
    if (reply.is_missing()) {
        answer.outcome = Outcome::missing;
        return answer;
    }
    answer.error = read_error(reply);
    if (reply.outcome == Reply::Outcome::closing)
        answer.outcome = Outcome::closed;
    else if (reply.outcome == Reply::Outcome::lost)
        answer.outcome = Outcome::lost;
    else
        answer.outcome = Outcome::unreadable;
    return answer;
}

} // namespace

LaggingStore::LaggingStore(Ensemble& ensemble, Executor executor, Options options)
    : ensemble_(ensemble), executor_(executor), options_(options), changed_(executor) {
    add_session();
}

LaggingStore::~LaggingStore() {
    crash();
}

void LaggingStore::add_session() {
    Session::Listener& listener = *this;
    sessions_.push_back(
        std::make_unique<Session>(ensemble_, executor_, options_.connection_limit, listener));
}

void LaggingStore::close() {
    closed_ = true;
    for (auto const& session : sessions_) session->close();
    end();
}

void LaggingStore::crash() {
    closed_ = true;
    for (auto const& session : sessions_) session->crash();
    end();
}

void LaggingStore::end() {
    update_session();
    auto const listeners = listeners_;
    for (auto* listener : listeners) listener->sessions_closed();
}

store::SessionNumber LaggingStore::number_of(Session const& session) const {
    auto const is_it = [&](auto const& each) { return each.get() == &session; };
    return static_cast<store::SessionNumber>(std::ranges::find_if(sessions_, is_it) -
                                             sessions_.begin());
}

void LaggingStore::connection_changed(Session& session, bool watches_lost) {
    if (closed_) return;
    update_session();
    auto const listeners = listeners_;
    for (auto* listener : listeners) {
        if (session.is_connected())
            listener->session_connected(number_of(session), watches_lost);
        else
            listener->session_disconnected(number_of(session));
    }
}

void LaggingStore::watch_fired(Session& session, std::string const& path) {
    for (auto* listener : listeners_) listener->watch_fired(number_of(session), path);
}

store::SessionNumber LaggingStore::reserve(std::string_view path, unsigned watches) {
    auto const bytes = watches * (path.size() + 4);
    auto const has_room = [&](auto const& session) {
        return session->watch_bytes + bytes <= options_.watch_bytes_per_session;
    };
    auto at = std::ranges::find_if(sessions_, has_room);
    if (at == sessions_.end()) {
        add_session();
        at = sessions_.end() - 1;
    }
    (*at)->watch_bytes += bytes;
    return number_of(**at);
}

void LaggingStore::release(store::SessionNumber session, std::string_view path, unsigned watches) {
    sessions_[session]->watch_bytes -= watches * (path.size() + 4);
}

void LaggingStore::submit(store::SessionNumber session, Request request, Patience patience,
                          Handler handler) {
    auto done = [handler = std::move(handler)](Reply reply) {
        handler(watch_reply(std::move(reply)));
    };
    if (!closed_) {
        sessions_[session]->submit(std::move(request), std::move(done),
                                   patience == Patience::unlimited);
        return;
    }
    // As a real one, it answers in another turn of the loop.
    asio::post(executor_, [done = std::move(done)] {
        done({.outcome = Reply::Outcome::closing, .sent = false});
    });
}

void LaggingStore::read(store::SessionNumber session, store::WatchRead what, std::string path,
                        Patience patience, Handler handler) {
    auto const kind = what == store::WatchRead::data       ? Request::Kind::get
                      : what == store::WatchRead::children ? Request::Kind::children
                                                           : Request::Kind::exists;
    Request request{.kind = kind, .path = std::move(path), .watch = true};
    submit(session, std::move(request), patience, std::move(handler));
}

void LaggingStore::sync(store::SessionNumber session, std::string path, Patience patience,
                        Handler handler) {
    Request request{.kind = Request::Kind::sync, .path = std::move(path)};
    submit(session, std::move(request), patience, std::move(handler));
}

bool LaggingStore::is_connected(store::SessionNumber session) const {
    return sessions_[session]->is_connected();
}

std::string LaggingStore::trouble() const {
    return session_.state == store::SessionState::connected ? "" : "no connection to ZooKeeper";
}

void LaggingStore::run_after(Duration delay, std::function<void()> action) {
    ensemble_.scheduler().after(delay,
                                [this, alive = std::weak_ptr(alive_), action = std::move(action)] {
                                    if (!alive.expired() && !closed_) action();
                                });
}

void LaggingStore::update_session() {
    using store::SessionState;
    auto const& first = *sessions_.front();
    store::Session now{SessionState::connected, first.id(), first.epoch()};
    if (!first.is_connected()) now.state = SessionState::connecting;
    for (auto const& session : sessions_)
        if (!session->is_connected() && session->epoch() > 0) now.state = SessionState::connecting;
    if (closed_) now.state = SessionState::closed;
    if (now == session_) return;
    session_ = now;
    changed_.notify();
}

Async<store::Session> LaggingStore::session_changed(store::Session seen) {
    while (session_ == seen) co_await changed_.wait();
    co_return session_;
}

Async<Reply> LaggingStore::read(Request request) {
    auto reply = co_await sessions_.front()->call(request);
    if (reply.outcome != Reply::Outcome::lost || !reply.sent) co_return reply;
    co_return co_await sessions_.front()->call(std::move(request));
}

Async<Result<store::Node>> LaggingStore::get(std::string path) {
    CO_TRY(store::check_path(path));
    auto reply = co_await read({.kind = Request::Kind::get, .path = std::move(path)});
    if (!reply.is_ok()) co_return std::unexpected(read_error(reply));
    co_return std::move(reply.node);
}

Async<Result<std::optional<store::Stat>>> LaggingStore::exists(std::string path) {
    CO_TRY(store::check_path(path));
    auto const reply = co_await read({.kind = Request::Kind::exists, .path = std::move(path)});
    if (reply.is_missing()) co_return std::optional<store::Stat>{};
    if (!reply.is_ok()) co_return std::unexpected(read_error(reply));
    co_return std::optional(reply.node.stat);
}

Async<Result<std::vector<std::string>>> LaggingStore::children(std::string path) {
    CO_TRY(store::check_path(path));
    auto reply = co_await read({.kind = Request::Kind::children, .path = std::move(path)});
    if (!reply.is_ok()) co_return std::unexpected(read_error(reply));
    co_return std::move(reply.names);
}

Async<Result<>> LaggingStore::sync(std::string path) {
    CO_TRY(store::check_path(path));
    auto const reply = co_await read({.kind = Request::Kind::sync, .path = std::move(path)});
    if (!reply.is_ok()) co_return std::unexpected(read_error(reply));
    co_return Result<>{};
}

Async<Reply> LaggingStore::write(std::vector<store::Op> ops) {
    Request request{
        .kind = Request::Kind::write, .path = {}, .watch = false, .ops = std::move(ops)};
    request.on_commit = on_write_;
    on_write_();
    auto reply = co_await sessions_.front()->call(std::move(request));
    on_write_();
    co_return reply;
}

Async<Result<store::Stat>> LaggingStore::write_one(store::Op op) {
    CO_TRY(store::check_path(store::path_of(op)));
    std::vector<store::Op> ops{std::move(op)};
    auto const reply = co_await write(std::move(ops));
    if (!reply.is_ok()) co_return std::unexpected(write_error(reply).error);
    co_return reply.node.stat;
}

Async<Result<>> LaggingStore::create(std::string path, std::string data, store::CreateMode mode) {
    CO_TRY(co_await write_one(store::Create{std::move(path), std::move(data), mode}));
    co_return Result<>{};
}

Async<Result<store::Stat>> LaggingStore::set(std::string path, std::string data,
                                             std::int32_t version) {
    return write_one(store::Set{std::move(path), std::move(data), version});
}

Async<Result<>> LaggingStore::remove(std::string path, std::int32_t version) {
    CO_TRY(co_await write_one(store::Remove{std::move(path), version}));
    co_return Result<>{};
}

Async<store::MultiResult> LaggingStore::multi(std::vector<store::Op> ops) {
    if (auto refused = store::check_paths(ops)) co_return std::unexpected(std::move(*refused));
    if (ops.empty()) co_return store::MultiResult{};
    auto const reply = co_await write(std::move(ops));
    if (!reply.is_ok()) co_return std::unexpected(write_error(reply));
    co_return store::MultiResult{};
}

std::unique_ptr<store::Follower> LaggingStore::follow(std::string root, store::Scope scope) {
    store::WatchSessions& sessions = *this;
    return std::make_unique<store::WatchFollower>(sessions, std::move(root), std::move(scope));
}

} // namespace heliosd::sim
