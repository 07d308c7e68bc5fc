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

/// The piece of work with this number, which keeps its result where it belongs.
using Piece = std::function<Async<Result<>>(std::size_t number)>;

Async<Result<>> concurrently(std::size_t most, std::size_t count, Piece piece);

template <class T> Async<Result<>> keep(Async<Result<T>> work, T* place) {
    auto result = CO_TRY(co_await std::move(work));
    *place = std::move(result);
    co_return Result<>{};
}

/// What `work(input)` answers in the end.
template <class Work, class Input>
using Answer = typename std::invoke_result_t<Work&, Input>::value_type::value_type;

} // namespace detail

/// Does `work`, which answers an `Async<Result<T>>`, to every one of `inputs`, `most` of them at a
/// time, and answers what came of it in the order of the inputs. After a failure none is begun any
/// more, those under way are cancelled, and that failure is the answer.
///
/// For many small waits for somebody else: one after the other they add up, all at once they would
/// be in everybody's way.
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

/// The same for work that answers an `Async<Result<>>`.
template <class Input, class Work>
    requires std::is_void_v<detail::Answer<Work, Input>>
Async<Result<>> concurrently(std::size_t most, std::vector<Input> inputs, Work work) {
    auto const piece = [&](std::size_t number) { return work(std::move(inputs[number])); };
    co_return co_await detail::concurrently(most, inputs.size(), piece);
}

} // namespace heliosd
