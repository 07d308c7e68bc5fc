// SPDX-License-Identifier: Apache-2.0
#include "base/async/signals.h"

#include "base/async/within.h"
#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/post.hpp>

#include <csignal>

using namespace heliosd;

namespace {

/// The wait has begun by the time the loop gets to what was posted before it.
Async<int> wait_while_raising(int signal) {
    auto executor = co_await asio::this_coro::executor;
    asio::post(executor, [signal] { std::raise(signal); });
    co_return co_await next_signal({SIGUSR1, SIGUSR2});
}

Async<Result<int>> wait_for_usr1() {
    co_return co_await next_signal({SIGUSR1});
}

} // namespace

TEST_CASE("signals: the signal that came is the answer") {
    test::RealWorld world;
    CHECK(world.run(wait_while_raising(SIGUSR2)) == SIGUSR2);
    CHECK(world.run(wait_while_raising(SIGUSR1)) == SIGUSR1);
}

TEST_CASE("signals: waiting can be given up") {
    test::RealWorld world;
    auto const outcome =
        world.run(within(world.clock, std::chrono::milliseconds(1), wait_for_usr1()));
    CHECK(outcome.error().code == Errc::timed_out);
    CHECK(world.run(wait_while_raising(SIGUSR1)) == SIGUSR1);
}
