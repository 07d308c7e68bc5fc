// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <boost/asio/steady_timer.hpp>

namespace heliosd {

/// A flag that one coroutine waits for. It stays set until a wait consumes it, so no wake-up is
/// lost; setting it twice counts once.
class AutoResetEvent {
public:
    explicit AutoResetEvent(Executor executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}

    /// Sets the flag and resumes the waiter.
    void set();
    /// Suspends until the flag is set, then resets it.
    Async<void> wait();
    /// As `wait`, with a timeout. Returns whether the flag was set.
    Async<bool> wait_for(Clock& clock, Duration limit);

private:
    bool set_ = false;
    asio::steady_timer timer_;
};

} // namespace heliosd
