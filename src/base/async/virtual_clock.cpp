// SPDX-License-Identifier: Apache-2.0
#include "base/async/virtual_clock.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace heliosd {

VirtualClock::VirtualClock(WallTime start) : start_(start) {
}

WallTime VirtualClock::wall() const {
    return start_ + std::chrono::floor<std::chrono::milliseconds>(now_.time_since_epoch());
}

Async<void> VirtualClock::sleep_until(SteadyTime deadline) {
    auto executor = co_await asio::this_coro::executor;
    if (deadline <= now_) {
        // Even a zero-length sleep yields, as with the real clock.
        co_await asio::post(executor, asio::use_awaitable);
        co_return;
    }
    // The timer never expires by itself; `jump` cancels it.
    asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
    auto place = sleepers_.emplace(deadline, &timer);
    struct Leave {
        std::multimap<SteadyTime, asio::steady_timer*>& sleepers;
        decltype(place) position;
        ~Leave() { sleepers.erase(position); }
    } leave{sleepers_, place};

    while (now_ < deadline) {
        boost::system::error_code woken;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_await throw_if_cancelled();
    }
}

bool VirtualClock::jump(SteadyTime limit) {
    if (sleepers_.empty() || sleepers_.begin()->first > limit) return false;
    now_ = std::max(now_, sleepers_.begin()->first);
    auto due = sleepers_.equal_range(now_);
    for (auto it = due.first; it != due.second; ++it) it->second->cancel();
    return true;
}

bool VirtualClock::run(asio::io_context& loop, Duration limit) {
    auto const end = now_ + limit;
    do {
        loop.restart();
        loop.poll();
    } while (!loop.stopped() && jump(end));
    if (loop.stopped()) return true;
    if (!sleepers_.empty()) now_ = std::max(now_, end);
    return sleepers_.empty();
}

} // namespace heliosd
