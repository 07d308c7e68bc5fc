// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace heliosd::store {

/// Waits for the library's socket. Asio must not know it while the library runs: the library may
/// close it and open another with the same number, which Asio would never notice. So it is
/// registered for each wait and released after it.
class ZkSocket {
public:
    explicit ZkSocket(Executor executor) : socket_(executor), timer_(executor) {}

    /// Suspends until the socket `fd` (none: -1) is ready for `events`, the time is up, or `kick`
    /// is called. Answers ZOOKEEPER_READ and ZOOKEEPER_WRITE as it found them.
    Async<int> wait(int fd, int events, Duration limit);
    /// Ends the wait, or the next one at once.
    void kick();
    /// After a wait that was cancelled.
    void release();

private:
    asio::posix::stream_descriptor socket_;
    asio::steady_timer timer_;
    bool kicked_ = false;
};

} // namespace heliosd::store
