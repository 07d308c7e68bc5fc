// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/result.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace heliosd {

namespace detail {

/// `co_spawn` default-constructs the result of a coroutine that threw; not every `T` can be.
template <class T> Async<std::optional<Result<T>>> boxed(Async<Result<T>> operation) {
    std::optional<Result<T>> outcome = co_await std::move(operation);
    co_return outcome;
}

/// The error of an operation that exceeded its limit.
std::unexpected<Error> timed_out(Duration limit);

} // namespace detail

/// Runs `operation` with a timeout. After `limit` the operation is cancelled and the result is
/// `Errc::timed_out`, unless it still completed with a value. An earlier failure is returned at
/// once; a cancellation of the caller propagates.
///
/// Never `operation || timer`: if the operation fails first, that waits for the timer and reports a
/// timeout (chriskohlhoff/asio issue 900).
template <class T>
Async<Result<T>> within(Clock& clock, Duration limit, Async<Result<T>> operation) {
    auto executor = co_await asio::this_coro::executor;
    auto race = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, detail::boxed(std::move(operation)), asio::deferred),
        asio::co_spawn(executor, clock.sleep(limit), asio::deferred));
    auto [order, failure, value, sleep_failure] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);

    if (value) {
        // An error after the timeout is most likely caused by our own cancellation.
        bool const late = order[0] == 1 && !sleep_failure;
        if (value->has_value() || !late) co_return std::move(*value);
    }
    co_await throw_if_cancelled();
    bool const time_is_up = order[0] == 1 && !sleep_failure;
    if (time_is_up) co_return detail::timed_out(limit);
    if (failure) std::rethrow_exception(failure);
    std::rethrow_exception(sleep_failure);
}

} // namespace heliosd
