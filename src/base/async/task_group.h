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

/// The children of one coroutine. Whoever owns a group is inside its `scope`; leaving the scope, by
/// the end of the body, an exception or a cancellation, cancels the children and waits for them, so
/// a child may hold references to everything that outlives the scope.
///
/// A child that ends with an exception does not take the others down: `OnFailure` hears of it,
/// once.
class TaskGroup {
public:
    using OnFailure = std::function<void(std::string_view name, std::exception_ptr failure)>;

    /// Without `on_failure` the failure of a child is logged as an error.
    explicit TaskGroup(Executor executor, OnFailure on_failure = log_failure);
    ~TaskGroup();
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;

    /// Starts a child. In a group that is already leaving its scope, it is cancelled at once.
    void spawn(std::string name, Async<void> body);

    /// Starts a child that is meant to run until it is cancelled: when it ends or fails it is made
    /// anew, after a back-off of 1–30 s. The number of restarts is logged with each of them.
    void spawn_service(std::string name, std::function<Async<void>()> make, Clock& clock, Rng& rng);

    /// Tells all children to stop; does not wait.
    void cancel();

    /// Runs `body`, then cancels and joins all children, then reports how the body ended. A
    /// cancellation that arrives while joining is not lost.
    Async<void> scope(Async<void> body);
    /// The same for a body that answers something.
    template <class T> Async<T> scope(Async<T> body) {
        std::optional<T> answer;
        co_await scope(keep(std::move(body), &answer));
        co_return std::move(*answer);
    }

    /// Suspends until there is no child left, without cancelling any.
    Async<void> drained();

    std::size_t size() const { return children_.size(); }

    /// The usual `OnFailure`: one line in the log; a cancellation is not a failure.
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
