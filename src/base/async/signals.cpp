// SPDX-License-Identifier: Apache-2.0
#include "base/async/signals.h"

#include <boost/asio/signal_set.hpp>

namespace heliosd {

Async<int> next_signal(std::vector<int> signals) {
    auto executor = co_await asio::this_coro::executor;
    asio::signal_set set(executor);
    for (int const signal : signals) set.add(signal);
    co_return co_await set.async_wait(asio::use_awaitable);
}

} // namespace heliosd
