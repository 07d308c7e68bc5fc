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

/// Ends this coroutine with `operation_aborted` if it has been cancelled. From a cancellation on,
/// every `co_await` in a coroutine throws that; this one waits for nothing else.
///
/// Whatever completes with an error code tells a cancelled wait by the same code as a timer that
/// was cancelled to wake somebody up; only the coroutine's own state knows the difference.
Async<void> throw_if_cancelled();

/// Whether that is how a cancelled coroutine ends.
bool is_cancellation(std::exception_ptr const& failure);

/// What an exception has to say for itself.
std::string message_of(std::exception_ptr const& thrown);

/// Runs `body`, then `last`, whether the body returned, threw or was cancelled; then passes on how
/// the body ended. `last` is shielded: it can wait like anybody else, and nothing cancels it, so it
/// limits its own waits. The coroutine itself stays cancelled, also when that happens during
/// `last`.
Async<void> finally(Async<void> body, Async<void> last);

} // namespace heliosd
