// SPDX-License-Identifier: Apache-2.0
#include "base/async.h"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace heliosd {

Async<void> throw_if_cancelled() {
    if (co_await is_cancelled()) throw boost::system::system_error(asio::error::operation_aborted);
}

} // namespace heliosd
