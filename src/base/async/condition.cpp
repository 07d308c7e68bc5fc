// SPDX-License-Identifier: Apache-2.0
#include "base/async/condition.h"

namespace heliosd {

Async<void> Condition::wait() {
    boost::system::error_code woken;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    co_await throw_if_cancelled();
}

} // namespace heliosd
