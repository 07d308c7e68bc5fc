// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <boost/asio/steady_timer.hpp>

namespace heliosd {

/// "Something changed, look again": a flag that one coroutine waits for. Setting it while nobody
/// waits is remembered, setting it twice counts once; so no wake-up is lost.
class AutoResetEvent {
public:
    explicit AutoResetEvent(Executor executor)
        : timer_(executor, asio::steady_timer::time_point::max()) {}

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

} // namespace heliosd
