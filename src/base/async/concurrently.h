// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/result.h"

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace heliosd {

namespace detail {

/// Does the work for the input at this index and stores its result there.
using Piece = std::function<Async<Result<>>(std::size_t number)>;

Async<Result<>> concurrently(std::size_t most, std::size_t count, Piece piece);

template <class T> Async<Result<>> keep(Async<Result<T>> work, T* place) {
    auto result = CO_TRY(co_await std::move(work));
    *place = std::move(result);
    co_return Result<>{};
}

/// The `T` of what `work(input)` returns.
template <class Work, class Input>
using Answer = typename std::invoke_result_t<Work&, Input>::value_type::value_type;

} // namespace detail

/// Calls `work`, which returns an `Async<Result<T>>`, for each input, at most `most` in parallel,
/// and returns the results in input order. The first failure cancels the calls in flight, starts no
/// more, and is returned.
template <class Input, class Work>
    requires(!std::is_void_v<detail::Answer<Work, Input>>)
Async<Result<std::vector<detail::Answer<Work, Input>>>>
concurrently(std::size_t most, std::vector<Input> inputs, Work work) {
    using T = detail::Answer<Work, Input>;
    static_assert(!std::is_same_v<T, bool>, "a std::vector<bool> has no place for each result");
    std::vector<T> results(inputs.size());
    auto const piece = [&](std::size_t number) {
        return detail::keep<T>(work(std::move(inputs[number])), &results[number]);
    };
    CO_TRY(co_await detail::concurrently(most, inputs.size(), piece));
    co_return results;
}

/// The same for work that returns an `Async<Result<>>`.
template <class Input, class Work>
    requires std::is_void_v<detail::Answer<Work, Input>>
Async<Result<>> concurrently(std::size_t most, std::vector<Input> inputs, Work work) {
    auto const piece = [&](std::size_t number) { return work(std::move(inputs[number])); };
    co_return co_await detail::concurrently(most, inputs.size(), piece);
}

} // namespace heliosd
