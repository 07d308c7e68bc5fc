// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async.h"
#include "base/clock.h"
#include "base/virtual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace heliosd::test {

/// A loop on a virtual clock: `world.run(coroutine)` returns what the coroutine returned, or throws
/// what it threw, however much virtual time that takes (up to a year).
struct World {
    asio::io_context loop{1};
    VirtualClock clock;

    Executor executor() { return loop.get_executor(); }

    template <class T> T run(Async<T> body) {
        std::optional<T> value;
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error, T result) {
            failure = error;
            if (!error) value.emplace(std::move(result));
        });
        clock.run(loop);
        if (failure) std::rethrow_exception(failure);
        if (!value) throw std::runtime_error("the coroutine never ended: it waits for something");
        return std::move(*value);
    }

    void run(Async<void> body) {
        bool ended = false;
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error) {
            failure = error;
            ended = true;
        });
        clock.run(loop);
        if (failure) std::rethrow_exception(failure);
        if (!ended) throw std::runtime_error("the coroutine never ended: it waits for something");
    }
};

/// The same on the machine's clock, for what talks to real servers.
struct RealWorld {
    asio::io_context loop{1};
    RealClock clock;

    Executor executor() { return loop.get_executor(); }

    template <class T> T run(Async<T> body) {
        std::optional<T> value;
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error, T result) {
            failure = error;
            if (!error) value.emplace(std::move(result));
        });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
        if (!value) throw std::runtime_error("the coroutine never ended");
        return std::move(*value);
    }

    void run(Async<void> body) {
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr error) { failure = error; });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
    }
};

} // namespace heliosd::test
