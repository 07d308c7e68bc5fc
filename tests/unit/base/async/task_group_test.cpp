// SPDX-License-Identifier: Apache-2.0
#include "base/async/rng.h"
#include "base/async/task_group.h"
#include "base/async/within.h"
#include "base/log.h"

#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace heliosd {
namespace {

using namespace std::chrono_literals;
using boost::system::system_error;

/// What happened, and how many coroutines are alive.
struct Trace {
    int alive = 0, started = 0, cancelled = 0;
    std::string text;
};

struct Alive {
    Trace& trace;
    explicit Alive(Trace& t) : trace(t) {
        ++trace.alive;
        ++trace.started;
    }
    ~Alive() { --trace.alive; }
};

Async<void> sleeper(Clock& clock, Trace& trace, Duration length) {
    Alive alive(trace);
    try {
        co_await clock.sleep(length);
    } catch (system_error const& e) {
        if (e.code() == asio::error::operation_aborted) ++trace.cancelled;
        throw;
    }
}

Async<void> spawn_two(TaskGroup& group, Clock& clock, Trace& trace) {
    group.spawn("short", sleeper(clock, trace, 1s));
    group.spawn("long", sleeper(clock, trace, 1h));
    co_await clock.sleep(10s);
}

TEST_CASE("task group: leaving the scope cancels the children and waits for them") {
    test::World world;
    Trace trace;
    TaskGroup group(world.executor());
    world.run(group.scope(spawn_two(group, world.clock, trace)));
    CHECK(trace.started == 2);
    CHECK(trace.cancelled == 1);
    CHECK(trace.alive == 0);
    CHECK(world.clock.now().time_since_epoch() == 10s);
}

Async<void> throws(Clock& clock) {
    co_await clock.sleep(1s);
    throw std::runtime_error("boom");
}

Async<void> outlives_a_failing_child(TaskGroup& group, Clock& clock) {
    group.spawn("failing", throws(clock));
    co_await clock.sleep(10s);
}

TEST_CASE("task group: a child that fails is reported once and takes nobody down") {
    test::World world;
    std::vector<std::string> failures;
    TaskGroup group(world.executor(), [&](std::string_view name, std::exception_ptr) {
        failures.emplace_back(name);
    });
    world.run(group.scope(outlives_a_failing_child(group, world.clock)));
    CHECK(failures == std::vector<std::string>{"failing"});
    CHECK(world.clock.now().time_since_epoch() == 10s);
}

Async<void> fails_with_children(TaskGroup& group, Clock& clock, Trace& trace) {
    group.spawn("long", sleeper(clock, trace, 1h));
    co_await clock.sleep(1s);
    throw std::runtime_error("body");
}

TEST_CASE("task group: a body that fails still joins its children, then passes its failure on") {
    test::World world;
    Trace trace;
    TaskGroup group(world.executor());
    CHECK_THROWS_WITH(world.run(group.scope(fails_with_children(group, world.clock, trace))),
                      "body");
    CHECK(trace.alive == 0);
    CHECK(trace.cancelled == 1);
}

Async<void> run_a_service(TaskGroup& group, Clock& clock, Rng& rng, int& runs) {
    struct Make {
        static Async<void> once(Clock& c, int& count) {
            ++count;
            co_await c.sleep(1s);
            throw std::runtime_error("again");
        }
    };
    group.spawn_service("service", [&] { return Make::once(clock, runs); }, clock, rng);
    co_await clock.sleep(1h);
}

TEST_CASE("task group: a service that fails is started again with a growing pause") {
    test::World world;
    SeededRng rng(1);
    int runs = 0;
    TaskGroup group(world.executor());
    log::set_sink([](std::string_view) {});
    world.run(group.scope(run_a_service(group, world.clock, rng, runs)));
    log::set_sink(nullptr);
    // Pauses reach 30 s within half a dozen restarts: about one run in 31 s after that.
    CHECK(runs > 100);
    CHECK(runs < 130);
}

Async<void> run_for_two_minutes(TaskGroup& group, Clock& clock, Rng& rng, int& runs) {
    struct Make {
        static Async<void> once(Clock& c, int& count) {
            ++count;
            co_await c.sleep(2min);
            throw std::runtime_error("again");
        }
    };
    group.spawn_service("service", [&] { return Make::once(clock, runs); }, clock, rng);
    co_await clock.sleep(20h);
}

TEST_CASE("task group: a service that was well for a while is started again after a second") {
    test::World world;
    SeededRng rng(1);
    int runs = 0;
    TaskGroup group(world.executor());
    log::set_sink([](std::string_view) {});
    world.run(group.scope(run_for_two_minutes(group, world.clock, rng, runs)));
    log::set_sink(nullptr);
    // 121 s each; with pauses that only grow it would be fewer than 490.
    CHECK(runs > 590);
}

/// An end that looks like a cancellation and is none: somebody else's timer was cancelled.
Async<void> stray() {
    throw system_error(asio::error::operation_aborted);
    co_return;
}

Async<void> serves_stray(TaskGroup& group, Clock& clock, Rng& rng, int& runs) {
    auto make = [&runs] {
        ++runs;
        return stray();
    };
    group.spawn_service("stray", make, clock, rng);
    co_await clock.sleep(10s);
}

TEST_CASE("task group: a service that ends by a stray cancellation is started again") {
    test::World world;
    SeededRng rng(1);
    TaskGroup group(world.executor());
    int runs = 0;
    world.run(group.scope(serves_stray(group, world.clock, rng, runs)));
    CHECK(runs > 2);
}

/// A coroutine that nests scopes, time limits and late spawns at random, three levels deep.
struct Tree {
    Clock& clock;
    Rng& rng;
    Trace& trace;

    Duration some_time() { return std::chrono::milliseconds(rng.below(2000)); }

    Async<Result<int>> limited(int depth) {
        co_await node(depth);
        co_return 1;
    }

    Async<void> late(TaskGroup& group, int depth) {
        Alive alive(trace);
        co_await clock.sleep(some_time());
        group.spawn("late", node(depth));
        co_await clock.sleep(some_time());
    }

    Async<void> body(TaskGroup& group, int depth) {
        auto const children = rng.below(4);
        for (std::uint64_t i = 0; i < children; ++i) {
            if (rng.below(2) == 0)
                group.spawn("child", node(depth - 1));
            else
                group.spawn("late", late(group, depth - 1));
        }
        co_await clock.sleep(some_time());
        if (rng.below(4) == 0) throw std::runtime_error("body");
        if (rng.below(4) == 0) co_await group.drained();
    }

    Async<void> node(int depth) {
        Alive alive(trace);
        auto const kind = depth <= 0 ? 0 : rng.below(4);
        trace.text += fmt::format("{}{}@{} ", kind, depth, clock.now().time_since_epoch().count());
        switch (kind) {
        case 0: co_await clock.sleep(some_time()); break;
        case 1: {
            auto const limit = some_time();
            auto outcome = co_await within(clock, limit, limited(depth - 1));
            trace.text += outcome ? "in " : "out ";
            break;
        }
        default: {
            auto executor = co_await asio::this_coro::executor;
            TaskGroup group(executor, [](std::string_view, std::exception_ptr) {});
            co_await group.scope(body(group, depth));
            break;
        }
        }
        // A cancellation that got lost would let a cancelled coroutine go on sleeping here.
        co_await clock.sleep(some_time());
    }
};

struct Outcome {
    std::string text;
    int left_alive = 0;
    bool ended = false;
    bool lost_cancel = false;
};

/// One tree, cancelled from outside at a random moment of its life.
Outcome grow(std::uint64_t seed) {
    test::World world;
    SeededRng rng(seed);
    Trace trace;
    Tree tree{world.clock, rng, trace};
    asio::cancellation_signal stop;
    Outcome outcome;
    std::exception_ptr failure;
    asio::co_spawn(world.loop, tree.node(3),
                   asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error) {
                       outcome.ended = true;
                       failure = error;
                   }));
    auto const patience = std::chrono::milliseconds(rng.below(6000));
    world.clock.run(world.loop, patience);
    bool const cancel = !outcome.ended;
    auto const cancelled_at = world.clock.now();
    if (cancel) stop.emit(asio::cancellation_type::terminal);
    world.clock.run(world.loop);
    // A cancelled tree unwinds without any sleep; a body that failed on its own may hide the
    // reason.
    outcome.lost_cancel = cancel && (world.clock.now() != cancelled_at || !failure);
    outcome.left_alive = trace.alive;
    outcome.text = std::move(trace.text);
    return outcome;
}

TEST_CASE("task group: 10,000 random trees lose no cancellation and leave no orphan") {
    int ended = 0, orphans = 0, lost = 0;
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
        auto const outcome = grow(seed);
        ended += outcome.ended;
        orphans += outcome.left_alive;
        lost += outcome.lost_cancel;
    }
    CHECK(ended == 10'000);
    CHECK(orphans == 0);
    CHECK(lost == 0);
}

TEST_CASE("task group: the same seed gives the same trace") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        INFO("seed " << seed);
        REQUIRE(grow(seed).text == grow(seed).text);
    }
}

} // namespace
} // namespace heliosd
