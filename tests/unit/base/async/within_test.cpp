// SPDX-License-Identifier: Apache-2.0
#include "base/async/within.h"

#include "support/catch.h"
#include "support/run.h"

namespace heliosd {
namespace {

using namespace std::chrono_literals;

Async<Result<int>> after(Clock& clock, Duration length, Result<int> outcome) {
    co_await clock.sleep(length);
    co_return outcome;
}

TEST_CASE("within: what finishes in time is the answer") {
    test::World world;
    auto const outcome = world.run(within(world.clock, 1h, after(world.clock, 59min, 7)));
    CHECK(outcome.value() == 7);
    CHECK(world.clock.now().time_since_epoch() == 59min);
}

TEST_CASE("within: what takes too long is cancelled and timed out") {
    test::World world;
    auto const outcome = world.run(within(world.clock, 1s, after(world.clock, 1h, 7)));
    REQUIRE(!outcome);
    CHECK(outcome.error().code == Errc::timed_out);
    CHECK(world.clock.now().time_since_epoch() == 1s);
}

TEST_CASE("within: an early failure is reported at once and as itself") {
    test::World world;
    auto const outcome =
        world.run(within(world.clock, 300ms, after(world.clock, 5ms, fail(Errc::closed, "gone"))));
    REQUIRE(!outcome);
    CHECK(outcome.error().code == Errc::closed);
    CHECK(world.clock.now().time_since_epoch() == 5ms);
}

} // namespace
} // namespace heliosd
