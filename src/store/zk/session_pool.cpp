// SPDX-License-Identifier: Apache-2.0
#include "store/zk/session_pool.h"

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// How often the age of sessions that have never had a connection is checked.
constexpr Duration settle_interval = 1s;

WatchReply::Outcome outcome_of(ZkReply const& reply, Error const& error) {
    using Outcome = WatchReply::Outcome;
    if (zk::is_closing(reply)) return Outcome::closed;
    if (reply.lost()) return Outcome::lost;
    if (error.code == StoreErrc::no_auth || error.code == StoreErrc::bad_path)
        return Outcome::unreadable;
    return Outcome::refused;
}

WatchReply watch_reply(ZkReply reply, std::string const& path) {
    if (zk::is_ok(reply))
        return {.stat = reply.stat, .data = std::move(reply.data), .names = std::move(reply.names)};
    if (zk::is_missing(reply)) return {.outcome = WatchReply::Outcome::missing};
    auto error = zk::read_error(reply, path);
    auto const outcome = outcome_of(reply, error);
    return {.outcome = outcome, .error = std::move(error)};
}

ZkRequest::Start start_of(WatchRead what, std::string path) {
    switch (what) {
    case WatchRead::data: return zk::get(std::move(path), true);
    case WatchRead::children: return zk::children(std::move(path), true);
    case WatchRead::existence: break;
    }
    return zk::exists(std::move(path), true);
}

} // namespace

ZkSessionPool::ZkSessionPool(Executor executor, Clock& clock, ZkSessionOptions options,
                             ConnectString servers, Resolve resolve,
                             std::size_t watch_bytes_per_session)
    : executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      watch_bytes_per_session_(watch_bytes_per_session),
      addresses_(executor, clock, std::move(servers.servers), std::move(resolve)),
      changed_(executor),
      stop_(executor),
      tasks_(executor, [this](std::string_view, std::exception_ptr failure) {
          failure_ = failure;
          stop_.set();
      }) {
    add();
}

ZkSessionPool::~ZkSessionPool() = default;

Async<void> ZkSessionPool::run() {
    return tasks_.scope(body());
}

Async<void> ZkSessionPool::body() {
    running_ = true;
    tasks_.spawn("ZooKeeper server addresses", addresses_.run());
    for (auto& member : sessions_) tasks_.spawn("ZooKeeper session", member.session->run());
    tasks_.spawn("ZooKeeper sessions' state", settle_new_sessions());
    co_await stop_.wait();
    for (auto& member : sessions_) member.session->stop();
    if (failure_) std::rethrow_exception(failure_);
    while (!all_closed()) co_await changed_.wait();
}

bool ZkSessionPool::all_closed() const {
    return std::ranges::all_of(sessions_, [](Member const& member) {
        return member.session->state() == ZkSession::State::closed;
    });
}

/// A session that never got a connection counts only after a while.
Async<void> ZkSessionPool::settle_new_sessions() {
    while (!closing_) {
        co_await clock_.sleep(settle_interval);
        update();
    }
}

Async<void> ZkSessionPool::close() {
    closing_ = true;
    stop_.set();
    update();
    while (running_ && !all_closed()) co_await changed_.wait();
}

void ZkSessionPool::add() {
    ZkSession::Listener& listener = *this;
    sessions_.push_back(
        {std::make_unique<ZkSession>(executor_, clock_, options_, addresses_, listener)});
    if (running_) tasks_.spawn("ZooKeeper session", sessions_.back().session->run());
}

std::size_t ZkSessionPool::watch_size(std::string_view path, unsigned watches) const {
    return watches * (options_.chroot.size() + path.size() + 4);
}

SessionNumber ZkSessionPool::reserve(std::string_view path, unsigned watches) {
    auto const bytes = watch_size(path, watches);
    std::size_t number = 0;
    while (number < sessions_.size() &&
           sessions_[number].watch_bytes + bytes > watch_bytes_per_session_)
        ++number;
    if (number == sessions_.size()) add();
    sessions_[number].watch_bytes += bytes;
    return static_cast<SessionNumber>(number);
}

void ZkSessionPool::release(SessionNumber session, std::string_view path, unsigned watches) {
    sessions_[session].watch_bytes -= watch_size(path, watches);
}

SessionNumber ZkSessionPool::number_of(ZkSession const& session) const {
    auto const found = std::ranges::find_if(
        sessions_, [&](Member const& member) { return member.session.get() == &session; });
    return static_cast<SessionNumber>(found - sessions_.begin());
}

void ZkSessionPool::read(SessionNumber session, WatchRead what, std::string path, Patience patience,
                         Handler handler) {
    auto start = start_of(what, path);
    auto done = [path = std::move(path), handler = std::move(handler)](ZkReply reply) {
        handler(watch_reply(std::move(reply), path));
    };
    bool const patient = patience == Patience::unlimited;
    sessions_[session].session->submit(std::move(start), std::move(done), patient);
}

void ZkSessionPool::sync(SessionNumber session, std::string path, Patience patience,
                         Handler handler) {
    auto start = zk::sync(path);
    auto done = [path = std::move(path), handler = std::move(handler)](ZkReply reply) {
        handler(watch_reply(std::move(reply), path));
    };
    bool const patient = patience == Patience::unlimited;
    sessions_[session].session->submit(std::move(start), std::move(done), patient);
}

bool ZkSessionPool::is_connected(SessionNumber session) const {
    return sessions_[session].session->is_connected();
}

std::string ZkSessionPool::trouble() const {
    for (auto const& member : sessions_)
        if (!member.session->is_connected()) return member.session->trouble();
    return {};
}

void ZkSessionPool::run_after(Duration delay, std::function<void()> action) {
    if (!closing_) tasks_.spawn("ZooKeeper retry", delayed(delay, std::move(action)));
}

Async<void> ZkSessionPool::delayed(Duration delay, std::function<void()> action) {
    co_await clock_.sleep(delay);
    action();
}

void ZkSessionPool::connection_changed(ZkSession& session, bool watches_lost) {
    update();
    changed_.notify();
    auto const number = number_of(session);
    for (auto* listener : std::vector(listeners_)) {
        if (session.is_connected())
            listener->session_connected(number, watches_lost);
        else
            listener->session_disconnected(number);
    }
}

void ZkSessionPool::watch_fired(ZkSession& session, std::string const& path) {
    auto const number = number_of(session);
    for (auto* listener : listeners_) listener->watch_fired(number, path);
}

void ZkSessionPool::update() {
    Session now{SessionState::connected, first().id(), first().epoch()};
    for (auto const& member : sessions_) {
        auto const& session = *member.session;
        // A session that has just been added is no loss of a connection.
        bool const settled =
            &session == &first() || session.epoch() > 0 ||
            clock_.now() - session.disconnected_since() > options_.connection_limit;
        if (!session.is_connected() && settled) now.state = SessionState::connecting;
    }
    if (closing_ || first().state() == ZkSession::State::closed) now.state = SessionState::closed;
    if (now == state_) return;
    bool const closed = now.state == SessionState::closed && !is_closed();
    state_ = now;
    changed_.notify();
    if (!closed) return;
    for (auto* listener : listeners_) listener->sessions_closed();
}

Async<Session> ZkSessionPool::session_changed(Session seen) {
    while (state_ == seen) co_await changed_.wait();
    co_return state_;
}

} // namespace heliosd::store
