// SPDX-License-Identifier: Apache-2.0
#include "sim/lagging_store.h"

#include "sim/lagging_follower.h"
#include "store/request_size.h"

#include <fmt/format.h>

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

} // namespace

LaggingStore::LaggingStore(Ensemble& ensemble, Executor executor, Options options)
    : ensemble_(ensemble), executor_(executor), options_(options), changed_(executor) {
    add_session();
}

LaggingStore::~LaggingStore() {
    crash();
}

Session& LaggingStore::add_session() {
    Session::Listener& listener = *this;
    sessions_.push_back(
        std::make_unique<Session>(ensemble_, executor_, options_.connection_limit, listener));
    return *sessions_.back();
}

Session& LaggingStore::session_for(std::size_t watch_bytes) {
    for (auto& session : sessions_) {
        if (session->watch_bytes + watch_bytes > options_.watch_bytes_per_session) continue;
        session->watch_bytes += watch_bytes;
        return *session;
    }
    auto& session = add_session();
    session.watch_bytes += watch_bytes;
    return session;
}

void LaggingStore::close() {
    closed_ = true;
    for (auto const& session : sessions_) session->close();
    update_session();
}

void LaggingStore::crash() {
    closed_ = true;
    for (auto const& session : sessions_) session->crash();
    update_session();
}

void LaggingStore::connection_changed(Session& session, bool watches_lost) {
    if (sessions_.empty()) return;
    update_session();
    auto const followers = followers_;
    for (auto* follower : followers) {
        if (session.is_connected()) follower->connected(session, watches_lost);
        follower->wake();
    }
}

void LaggingStore::watch_fired(std::string const& path) {
    for (auto* follower : followers_) follower->fired(path);
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
    co_return co_await sessions_.front()->call(std::move(request));
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
    return std::make_unique<LaggingFollower>(*this, std::move(root), std::move(scope));
}

} // namespace heliosd::sim
