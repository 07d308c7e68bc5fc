// SPDX-License-Identifier: Apache-2.0
#include "base/async/clock.h"

#include <boost/asio/steady_timer.hpp>

namespace heliosd {

SteadyTime RealClock::now() const {
    return std::chrono::steady_clock::now();
}

WallTime RealClock::wall() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Async<void> RealClock::sleep_until(SteadyTime deadline) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, deadline);
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace heliosd
