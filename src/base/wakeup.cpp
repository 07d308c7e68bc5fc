// SPDX-License-Identifier: Apache-2.0
#include "base/wakeup.h"

#include "base/within.h"

namespace heliosd {
namespace {

Async<Result<>> waited(Wakeup& wakeup) {
    co_await wakeup.wait();
    co_return Result<>{};
}

} // namespace

void Wakeup::set() {
    set_ = true;
    timer_.cancel();
}

Async<void> Wakeup::wait() {
    while (!set_) {
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!set_) co_await throw_if_cancelled();
    }
    set_ = false;
}

Async<bool> Wakeup::wait_for(Clock& clock, Duration limit) {
    if (set_) {
        set_ = false;
        co_return true;
    }
    auto outcome = co_await within(clock, limit, waited(*this));
    co_return outcome.has_value();
}

Async<void> Broadcast::wait() {
    boost::system::error_code woken;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    co_await throw_if_cancelled();
}

} // namespace heliosd
