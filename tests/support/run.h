// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "base/async/virtual_clock.h"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <utility>

namespace heliosd::test {

/// A loop for a test: `run` returns what the coroutine returned, or throws what it threw.
class Loop {
public:
    asio::io_context loop{1};

    Executor executor();
    void run(Async<void> body);
    template <class T> T run(Async<T> body) {
        std::optional<T> value;
        run(keep(std::move(body), &value));
        return std::move(*value);
    }

protected:
    ~Loop() = default;

private:
    template <class T> static Async<void> keep(Async<T> body, std::optional<T>* value) {
        *value = co_await std::move(body);
    }
    virtual void turn() = 0;
};

/// A loop on a virtual clock: it does not matter how much virtual time that takes (up to a year).
struct World final : Loop {
    World() = default;
    explicit World(WallTime start) : clock(start) {}

    VirtualClock clock;

private:
    void turn() override { clock.run(loop); }
};

/// The same on the machine's clock, for what talks to real servers.
struct RealWorld final : Loop {
    RealClock clock;

private:
    void turn() override {
        loop.restart();
        loop.run();
    }
};

} // namespace heliosd::test
