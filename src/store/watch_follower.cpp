// SPDX-License-Identifier: Apache-2.0
#include "store/watch_follower.h"

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// Before what was refused for now is asked again; doubled each time.
constexpr Duration shortest_pause = 100ms, longest_pause = 5s;
/// No watch tells when an ACL changes.
constexpr Duration unreadable_pause = 30s;

Error closed_error() {
    return {StoreErrc::closed, "the store has been closed"};
}

WatchedTree::Budget budget_of(WatchSessions& sessions) {
    return {[&sessions](std::string_view path, unsigned watches) {
                return sessions.reserve(path, watches);
            },
            [&sessions](SessionNumber session, std::string_view path, unsigned watches) {
                sessions.release(session, path, watches);
            },
            [&sessions](SessionNumber session) { return sessions.is_connected(session); }};
}

} // namespace

WatchFollower::WatchFollower(WatchSessions& sessions, std::string root, Scope scope)
    : sessions_(sessions),
      tree_(std::move(root), std::move(scope), budget_of(sessions)),
      wakeup_(sessions.executor()),
      fence_progress_(sessions.executor()),
      retry_pause_(shortest_pause) {
    sessions_.add_listener(*this);
    tree_.start(sessions_.clock().now());
    advance();
}

WatchFollower::~WatchFollower() {
    sessions_.remove_listener(*this);
}

Async<Result<Batch>> WatchFollower::next() {
    for (;;) {
        if (sessions_.is_closed()) co_return std::unexpected(closed_error());
        if (tree_.failure()) co_return std::unexpected(*tree_.failure());
        if (tree_.ready()) co_return tree_.take();
        co_await wakeup_.wait();
    }
}

Async<Result<std::vector<Change>>> WatchFollower::refresh(std::vector<std::string> paths) {
    auto& clock = sessions_.clock();
    auto const deadline = clock.now() + sessions_.connection_limit();
    for (auto pause = shortest_pause;; pause = std::min(2 * pause, longest_pause)) {
        auto const fence = std::make_shared<WatchedTree::Fence>();
        tree_.fence(paths, fence, clock.now());
        advance();
        while (fence->awaited > 0) co_await fence_progress_.wait();
        if (fence->closed) co_return std::unexpected(closed_error());
        if (!fence->lost && !fence->refused) co_return tree_.take(std::move(paths));
        if (clock.now() >= deadline)
            co_return fail(StoreErrc::unavailable,
                           "no connection to ZooKeeper: " + sessions_.trouble());
        if (fence->refused) co_await clock.sleep(pause);
    }
}

std::optional<SteadyTime> WatchFollower::stale_since() const {
    return tree_.stale_since(sessions_.clock().now());
}

void WatchFollower::session_connected(SessionNumber session, bool watches_lost) {
    tree_.session_connected(session, watches_lost, sessions_.clock().now());
    advance();
}

void WatchFollower::session_disconnected(SessionNumber session) {
    tree_.session_disconnected(session, sessions_.clock().now());
}

void WatchFollower::watch_fired(SessionNumber session, std::string const& path) {
    tree_.watch_fired(session, path, sessions_.clock().now());
    advance();
}

void WatchFollower::sessions_closed() {
    wakeup_.set();
}

/// Sends what is to be sent, and wakes the reader when there is something for it. Sending may
/// answer at once; what follows from that is sent after the rest, to keep the order.
void WatchFollower::advance() {
    if (advancing_ || sessions_.is_closed()) return;
    advancing_ = true;
    for (;;) {
        auto requests = tree_.take_requests(sessions_.clock().now());
        if (requests.empty()) break;
        for (auto& request : requests) send(std::move(request));
    }
    advancing_ = false;
    if (tree_.ready() || tree_.failure()) wakeup_.set();
}

void WatchFollower::send(WatchedTree::Request request) {
    using What = WatchedTree::Request::What;
    auto const patience = request.fenced ? WatchSessions::Patience::connection_limit
                                         : WatchSessions::Patience::unlimited;
    auto handler = [this, alive = std::weak_ptr<bool>(alive_), id = request.id](WatchReply reply) {
        if (!alive.expired()) replied(id, std::move(reply));
    };
    if (request.what == What::sync)
        return sessions_.sync(request.session, std::move(request.path), patience,
                              std::move(handler));
    auto const what = request.what == What::data       ? WatchRead::data
                      : request.what == What::children ? WatchRead::children
                                                       : WatchRead::existence;
    sessions_.read(request.session, what, std::move(request.path), patience, std::move(handler));
}

void WatchFollower::replied(std::uint64_t id, WatchReply reply) {
    if (reply.outcome == WatchReply::Outcome::ok && !tree_.has_refused())
        retry_pause_ = shortest_pause;
    tree_.replied(id, std::move(reply), sessions_.clock().now());
    fence_progress_.notify();
    schedule_retries();
    advance();
}

void WatchFollower::schedule_retries() {
    if (tree_.has_refused() && !std::exchange(retrying_refused_, true)) {
        later(retry_pause_, &WatchFollower::retry_refused);
        retry_pause_ = std::min(2 * retry_pause_, longest_pause);
    }
    if (tree_.has_unreadable() && !std::exchange(retrying_unreadable_, true))
        later(unreadable_pause, &WatchFollower::retry_unreadable);
}

void WatchFollower::later(Duration delay, void (WatchFollower::*action)()) {
    sessions_.run_after(delay, [this, alive = std::weak_ptr<bool>(alive_), action] {
        if (!alive.expired()) (this->*action)();
    });
}

void WatchFollower::retry_refused() {
    retrying_refused_ = false;
    tree_.retry_refused();
    advance();
}

void WatchFollower::retry_unreadable() {
    retrying_unreadable_ = false;
    tree_.retry_unreadable(sessions_.clock().now());
    advance();
}

} // namespace heliosd::store
