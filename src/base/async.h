// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

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

} // namespace heliosd
