// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"

#include <boost/asio/steady_timer.hpp>

namespace heliosd {

/// A condition variable for coroutines: `notify` resumes all current waiters and is not remembered.
/// Check the awaited state before each wait and after it.
class Condition {
public:
    explicit Condition(Executor executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}

    void notify() { timer_.cancel(); }
    /// Suspends until the next `notify`.
    Async<void> wait();

private:
    asio::steady_timer timer_;
};

} // namespace heliosd
