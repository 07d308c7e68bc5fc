// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <string>

namespace heliosd {

namespace asio = boost::asio;

/// What every function that suspends returns. It runs on the one loop thread, does not start before
/// it is awaited, and is either awaited or spawned into a `TaskGroup`.
template <class T = void> using Async = asio::awaitable<T>;

/// The one loop of the process (or of a test).
using Executor = asio::any_io_executor;

/// Throws `operation_aborted` if this coroutine has been cancelled; otherwise returns at once.
///
/// A timer that was cancelled to wake its waiter completes with the same error code as a cancelled
/// wait; only the coroutine's own cancellation state tells them apart.
Async<void> throw_if_cancelled();

/// Whether `failure` is the exception of a cancelled coroutine.
bool is_cancellation(std::exception_ptr const& failure);

/// The text of an exception.
std::string message_of(std::exception_ptr const& thrown);

/// Runs `body`, then `last`, whether the body returned, threw or was cancelled; then returns or
/// throws as the body did. `last` is shielded from cancellation, so it may suspend, but must limit
/// its own waits. A cancellation that arrives during `last` takes effect after it.
Async<void> finally(Async<void> body, Async<void> last);

} // namespace heliosd
