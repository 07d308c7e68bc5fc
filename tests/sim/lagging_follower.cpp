// SPDX-License-Identifier: Apache-2.0
#include "sim/lagging_follower.h"

#include "sim/lagging_store.h"

#include <algorithm>
#include <utility>

namespace heliosd::sim {

using store::StoreErrc;

namespace {

/// Reads under way at once: enough to keep the servers busy, few enough that other requests of the
/// session do not queue behind thousands.
constexpr std::size_t most_reads = 500;
/// Reads that only make sure wait until there is little else to do.
constexpr std::size_t most_verifying = 32;

} // namespace

/// What `refresh` waits for.
struct LaggingFollower::Fence {
    explicit Fence(Executor executor) : reached(executor) {}
    std::size_t awaited = 0;
    bool lost = false, closed = false;
    AutoResetEvent reached;
};

LaggingFollower::LaggingFollower(LaggingStore& store, std::string root, store::Scope scope)
    : store_(store), state_(std::move(root), std::move(scope)), wakeup_(store.executor_) {
    state_.on_forget([this](std::string const& path) { forget(path); });
    store_.followers_.push_back(this);
    to_read_.insert(state_.root());
    advance();
}

LaggingFollower::~LaggingFollower() {
    std::erase(store_.followers_, this);
    for (auto const& [path, place] : places_) place.session->watch_bytes -= place.watch_bytes;
}

Async<Result<store::Batch>> LaggingFollower::next() {
    for (;;) {
        if (failure_) co_return std::unexpected(*failure_);
        if (store_.session_.state == store::SessionState::closed)
            co_return fail(StoreErrc::closed, "the store has been closed");
        if (state_.ready()) co_return state_.take();
        co_await wakeup_.wait();
    }
}

Async<Result<std::vector<store::Change>>> LaggingFollower::refresh(std::vector<std::string> paths) {
    // A read whose connection broke is asked once more.
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto fence = std::make_shared<Fence>(store_.executor_);
        std::set<Session*> synced;
        for (auto const& path : paths) {
            auto const interest = state_.interest(path);
            if (!interest.data && !interest.children) continue;
            auto& session = session_of(path, interest);
            // Requests of a session are answered in order: the reads need not wait for this one.
            if (synced.insert(&session).second) sync(session, fence);
            read(path, fence);
        }
        while (fence->awaited > 0) co_await fence->reached.wait();
        if (failure_) co_return std::unexpected(*failure_);
        if (fence->closed) co_return fail(StoreErrc::closed, "the store has been closed");
        if (!fence->lost) co_return state_.take(paths);
    }
    co_return fail(StoreErrc::unavailable, "no connection to ZooKeeper");
}

void LaggingFollower::connected(Session& session, bool watches_lost) {
    for (auto const& [path, place] : places_) {
        if (place.session == &session) (watches_lost ? to_read_ : to_verify_).insert(path);
    }
    advance();
}

void LaggingFollower::fired(std::string const& path) {
    if (!places_.contains(path)) return;
    to_read_.insert(path);
    advance();
}

Session& LaggingFollower::session_of(std::string const& path, store::Interest interest) {
    if (auto const it = places_.find(path); it != places_.end()) return *it->second.session;
    auto const watches = (interest.data ? 1u : 0u) + (interest.children ? 1u : 0u);
    auto const bytes = watches * path.size() + 4;
    auto& session = store_.session_for(bytes);
    places_.emplace(path, Place{&session, bytes});
    return session;
}

void LaggingFollower::forget(std::string const& path) {
    to_verify_.erase(path);
    if (path == state_.root()) return; // still watched: it may come
    auto const it = places_.find(path);
    if (it == places_.end()) return;
    it->second.session->watch_bytes -= it->second.watch_bytes;
    places_.erase(it);
}

/// Sends what may be sent now, and tells the reader when there is something.
void LaggingFollower::advance() {
    while (outstanding_ < most_reads && !to_read_.empty()) {
        auto const path = std::move(to_read_.extract(to_read_.begin()).value());
        to_verify_.erase(path);
        read(path, nullptr);
    }
    while (outstanding_ < most_verifying && !to_verify_.empty())
        read(to_verify_.extract(to_verify_.begin()).value(), nullptr);
    if (outstanding_ == 0 && to_read_.empty() && !failure_) state_.complete();
    if (state_.ready() || failure_) wakeup_.set();
}

void LaggingFollower::read(std::string const& path, std::shared_ptr<Fence> fence) {
    auto const interest = state_.interest(path);
    if (!interest.data && !interest.children) return;
    auto& session = session_of(path, interest);
    if (interest.data)
        submit(session, {.kind = Request::Kind::get, .path = path, .watch = true}, fence, path,
               &LaggingFollower::observe_data);
    if (interest.children)
        submit(session, {.kind = Request::Kind::children, .path = path, .watch = true}, fence, path,
               &LaggingFollower::observe_children);
}

void LaggingFollower::sync(Session& session, std::shared_ptr<Fence> fence) {
    submit(session, {.kind = Request::Kind::sync, .path = state_.root()}, std::move(fence), {},
           nullptr);
}

void LaggingFollower::submit(Session& session, Request request, std::shared_ptr<Fence> fence,
                             std::string path, Observe observe) {
    ++outstanding_;
    if (fence) ++fence->awaited;
    bool const patient = !fence;
    auto done = [this, alive = std::weak_ptr<bool>(alive_), fence = std::move(fence),
                 path = std::move(path), observe](Reply reply) {
        if (alive.expired()) return;
        --outstanding_;
        bool const closing = reply.outcome == Reply::Outcome::closing;
        if (fence) {
            fence->lost = fence->lost || reply.outcome == Reply::Outcome::lost;
            fence->closed = fence->closed || closing;
        }
        if (observe && !closing) (this->*observe)(path, std::move(reply), fence != nullptr);
        if (fence && --fence->awaited == 0) fence->reached.set();
        if (!closing) advance();
    };
    session.submit(std::move(request), std::move(done), patient);
}

/// Whether the reply says anything about the node; if not, it is asked for again.
bool LaggingFollower::is_answer(std::string const& path, Reply const& reply) {
    if (reply.is_ok() || reply.is_missing()) return true;
    if (reply.outcome == Reply::Outcome::lost)
        to_read_.insert(path);
    else
        failure_ = reply.refused->error;
    return false;
}

void LaggingFollower::observe_data(std::string const& path, Reply reply, bool fenced) {
    if (!is_answer(path, reply)) return;
    if (reply.is_missing()) return missing(path, fenced);
    state_.observe(path, std::move(reply.node));
}

void LaggingFollower::observe_children(std::string const& path, Reply reply, bool fenced) {
    if (!is_answer(path, reply)) return;
    if (reply.is_missing()) return missing(path, fenced);
    if (!state_.interest(path).data) state_.observe(path, store::Node{{}, reply.node.stat});
    for (auto& child : state_.observe_children(path, reply.names, reply.node.stat.pzxid))
        to_read_.insert(std::move(child));
}

/// A server that lags behind does not know the newest nodes: ask it again when it has caught up;
/// behind a fence it has. The root's watch then waits for it to come; any other node's coming is
/// its parent's news.
void LaggingFollower::missing(std::string const& path, bool fenced) {
    bool const is_root = path == state_.root();
    if (fenced) gone(path);
    if (fenced && !is_root) return;
    auto& session = session_of(path, state_.interest(path));
    if (!fenced) sync(session, nullptr);
    submit(session, {.kind = Request::Kind::exists, .path = path, .watch = is_root}, nullptr, path,
           &LaggingFollower::observe_existence);
}

void LaggingFollower::observe_existence(std::string const& path, Reply reply, bool) {
    if (!is_answer(path, reply)) return;
    if (reply.is_missing())
        gone(path);
    else
        to_read_.insert(path);
}

void LaggingFollower::gone(std::string const& path) {
    state_.observe(path, std::nullopt);
    forget(path); // it may never have been known
}

} // namespace heliosd::sim
