// SPDX-License-Identifier: Apache-2.0
#include "base/async/auto_reset_event.h"
#include "base/async/backoff.h"
#include "base/async/offload.h"
#include "base/async/task_group.h"

#include "support/catch.h"
#include "support/run.h"

#include <thread>

namespace heliosd {
namespace {

using namespace std::chrono_literals;

Async<void> one_hour_in_seconds(Clock& clock, int& ticks) {
    for (int i = 0; i < 3600; ++i) {
        co_await clock.sleep(1s);
        ++ticks;
    }
}

TEST_CASE("virtual clock: an hour of seconds passes in the order of its sleeps") {
    test::World world;
    int ticks = 0;
    auto const before = world.clock.wall();
    world.run(one_hour_in_seconds(world.clock, ticks));
    CHECK(ticks == 3600);
    CHECK(world.clock.wall() - before == 1h);
    CHECK(world.clock.sleepers() == 0);
}

Async<void> note_after(Clock& clock, Duration length, std::string name, std::string& notes) {
    co_await clock.sleep(length);
    notes += name;
}

Async<void> several(TaskGroup& group, Clock& clock, std::string& notes) {
    group.spawn("c", note_after(clock, 3s, "c", notes));
    group.spawn("a", note_after(clock, 1s, "a", notes));
    group.spawn("b1", note_after(clock, 2s, "b1", notes));
    group.spawn("b2", note_after(clock, 2s, "b2", notes));
    co_await group.drained();
}

TEST_CASE("virtual clock: sleepers wake by deadline, those of one deadline in their order") {
    test::World world;
    std::string notes;
    TaskGroup group(world.executor());
    world.run(group.scope(several(group, world.clock, notes)));
    CHECK(notes == "ab1b2c");
}

Async<int> count_wakeups(AutoResetEvent& wakeup, Clock& clock) {
    wakeup.set();
    wakeup.set();
    co_await wakeup.wait(); // remembered, once
    bool const again = co_await wakeup.wait_for(clock, 1s);
    co_return again ? 2 : 1;
}

TEST_CASE("wakeup: set before the wait is remembered, set twice counts once") {
    test::World world;
    AutoResetEvent wakeup(world.executor());
    CHECK(world.run(count_wakeups(wakeup, world.clock)) == 1);
    CHECK(world.clock.now().time_since_epoch() == 1s);
}

TEST_CASE("backoff: starts at the shortest, grows 1.5 to 2.5 times, stops at the longest") {
    SeededRng rng(7);
    Backoff backoff(rng);
    auto previous = backoff.next();
    CHECK(previous == 1s);
    for (int i = 0; i < 20; ++i) {
        auto const next = backoff.next();
        CHECK((next == 30s || (next >= previous * 3 / 2 && next <= previous * 5 / 2)));
        previous = next;
    }
    CHECK(previous == 30s);
    backoff.reset();
    CHECK(backoff.next() == 1s);
}

Async<bool> elsewhere(Offload& offload) {
    auto const other = co_await offload.run([] { return std::this_thread::get_id(); });
    co_return other != std::this_thread::get_id();
}

TEST_CASE("offload: blocking work runs on another thread and resumes on the loop") {
    test::RealWorld world;
    ThreadOffload offload;
    CHECK(world.run(elsewhere(offload)));
}

} // namespace
} // namespace heliosd
