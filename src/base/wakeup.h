// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"

#include <boost/asio/steady_timer.hpp>

namespace heliosd {

/// "Something changed, look again": a flag that one coroutine waits for. Setting it while nobody
/// waits is remembered, setting it twice counts once; so no wake-up is lost.
class Wakeup {
public:
    explicit Wakeup(Executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

    /// Raises the flag and resumes who waits.
    void set();
    /// Suspends until the flag is up, then takes it down.
    Async<void> wait();
    /// As `wait`, but for `limit` at the most. Returns whether the flag was up.
    Async<bool> wait_for(Clock& clock, Duration limit);

private:
    bool set_ = false;
    asio::steady_timer timer_;
};

/// A moment that any number of coroutines wait for: whoever waits when `notify` is called goes on.
/// Look at the state you care about before each wait and after it.
class Broadcast {
public:
    explicit Broadcast(Executor executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}

    void notify() { timer_.cancel(); }
    /// Suspends until the next `notify`.
    Async<void> wait();

private:
    asio::steady_timer timer_;
};

} // namespace heliosd
