// SPDX-License-Identifier: Apache-2.0
#include "base/async/task_group.h"

#include "base/async/backoff.h"
#include "base/log.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/assert.hpp>

#include <utility>

namespace heliosd {
namespace {

/// A service that ran this long counts as healthy: the back-off starts anew.
constexpr Duration calm = std::chrono::minutes{1};

/// Restarts a service with back-off whenever it ends or fails.
Async<void> keep_running(std::string name, std::function<Async<void>()> make, Clock& clock,
                         Rng& rng) {
    Backoff backoff(rng);
    for (int restarts = 1;; ++restarts) {
        std::string reason = "it ended";
        auto const began = clock.now();
        try {
            co_await make();
        } catch (...) {
            reason = message_of(std::current_exception());
        }
        co_await throw_if_cancelled();
        if (clock.now() - began >= calm) backoff.reset();
        auto const pause = backoff.next();
        log::error("base", "{} failed, restarting in {} ms: {} restarts={}", name,
                   std::chrono::duration_cast<std::chrono::milliseconds>(pause).count(), reason,
                   restarts);
        co_await clock.sleep(pause);
    }
}

} // namespace

TaskGroup::TaskGroup(Executor executor, OnFailure on_failure)
    : changed_(executor, asio::steady_timer::time_point::max()),
      on_failure_(std::move(on_failure)) {
}

TaskGroup::~TaskGroup() {
    BOOST_ASSERT(children_.empty());
}

void TaskGroup::spawn(std::string name, Async<void> body) {
    auto child = children_.emplace(children_.end());
    auto done = [this, child, name = std::move(name)](std::exception_ptr failure) {
        children_.erase(child);
        if (failure) on_failure_(name, failure);
        changed_.cancel();
    };
    asio::co_spawn(changed_.get_executor(), std::move(body),
                   asio::bind_cancellation_slot(child->slot(), std::move(done)));
    if (leaving_) child->emit(asio::cancellation_type::terminal);
}

void TaskGroup::spawn_service(std::string name, std::function<Async<void>()> make, Clock& clock,
                              Rng& rng) {
    auto body = keep_running(name, std::move(make), clock, rng);
    spawn(std::move(name), std::move(body));
}

void TaskGroup::cancel() {
    // A child may end, and erase its signal, during `emit`: advance the iterator first.
    for (auto it = children_.begin(); it != children_.end();)
        (it++)->emit(asio::cancellation_type::terminal);
}

Async<void> TaskGroup::drained() {
    while (!children_.empty()) {
        boost::system::error_code woken;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!children_.empty()) co_await throw_if_cancelled();
    }
}

/// Children hold references into the owner of the body, so even a cancelled body joins them.
Async<void> TaskGroup::scope(Async<void> body) {
    return finally(std::move(body), leave());
}

Async<void> TaskGroup::leave() {
    leaving_ = true;
    cancel();
    co_await drained();
    leaving_ = false;
}

void TaskGroup::log_failure(std::string_view name, std::exception_ptr failure) {
    if (!is_cancellation(failure)) log::error("base", "{} failed: {}", name, message_of(failure));
}

} // namespace heliosd
