// SPDX-License-Identifier: Apache-2.0
#include "base/async/auto_reset_event.h"

#include "base/async/within.h"

namespace heliosd {
namespace {

Async<Result<>> waited(AutoResetEvent& event) {
    co_await event.wait();
    co_return Result<>{};
}

} // namespace

void AutoResetEvent::set() {
    set_ = true;
    timer_.cancel();
}

Async<void> AutoResetEvent::wait() {
    while (!set_) {
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!set_) co_await throw_if_cancelled();
    }
    set_ = false;
}

Async<bool> AutoResetEvent::wait_for(Clock& clock, Duration limit) {
    if (set_) {
        set_ = false;
        co_return true;
    }
    auto outcome = co_await within(clock, limit, waited(*this));
    co_return outcome.has_value();
}

} // namespace heliosd
