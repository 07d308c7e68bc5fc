// SPDX-License-Identifier: Apache-2.0
#include "base/async.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace heliosd {

Async<void> throw_if_cancelled() {
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

} // namespace heliosd
