// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heliosd {

class Rng;

/// Structured concurrency: the child coroutines of one parent. The owner runs its body inside
/// `scope`. However the body ends (return, exception, cancellation), `scope` cancels the children
/// and joins them, so a child may refer to everything that outlives the scope.
///
/// A child that throws does not cancel its siblings; `OnFailure` is called once with the exception.
class TaskGroup {
public:
    using OnFailure = std::function<void(std::string_view name, std::exception_ptr failure)>;

    /// Without `on_failure` the failure of a child is logged as an error.
    explicit TaskGroup(Executor executor, OnFailure on_failure = log_failure);
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts a child. If the scope is already joining, the child is cancelled at once.
    void spawn(std::string name, Async<void> body);

    /// Starts a child that runs until it is cancelled: when it ends or fails, `make` is called
    /// again after a back-off of 1–30 s. Each restart is logged with its number.
    void spawn_service(std::string name, std::function<Async<void>()> make, Clock& clock, Rng& rng);

    /// Requests cancellation of all children without waiting.
    void cancel();

    /// Runs `body`, cancels and joins all children, then returns or throws as the body did. A
    /// cancellation that arrives while joining is not lost.
    Async<void> scope(Async<void> body);
    /// The same for a body with a result.
    template <class T> Async<T> scope(Async<T> body) {
        std::optional<T> answer;
        co_await scope(keep(std::move(body), &answer));
        co_return std::move(*answer);
    }

    /// Suspends until all children have ended, without cancelling them.
    Async<void> drained();

    std::size_t size() const { return children_.size(); }

    /// The default `OnFailure`: logs one line; a cancellation is not a failure.
    static void log_failure(std::string_view name, std::exception_ptr failure);

private:
    using Children = std::list<asio::cancellation_signal>;

    Async<void> leave();

    template <class T> static Async<void> keep(Async<T> body, std::optional<T>* answer) {
        *answer = co_await std::move(body);
    }

    asio::steady_timer changed_; ///< never expires; cancelled whenever a child has ended
    OnFailure on_failure_;
    bool leaving_ = false;
    Children children_;
};

} // namespace heliosd
