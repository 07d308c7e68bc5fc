// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/images.h"

#include "support/catch.h"
#include "support/fake_engine.h"
#include "support/run.h"
#include "unit/agent/log_lines.h"

#include <optional>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using heliosd::test::Call;
using heliosd::test::FakeEngine;
using heliosd::test::World;

/// A registry from which `busybox` takes ten seconds, and who wants it.
struct Rig {
    World world;
    SeededRng rng{3};
    FakeEngine engine{world.executor(), world.clock, rng};
    Images images{world.executor(), world.clock, engine};
    std::vector<Result<>> answers;
    test::LogLines log;

    Rig() { engine.set_pullable("busybox", 10s); }

    void request() {
        images.request("busybox",
                       [this](Result<> outcome) { answers.push_back(std::move(outcome)); });
    }
};

Async<void> want_twice(Rig& rig) {
    rig.request();
    co_await rig.world.clock.sleep(5s);
    rig.request();
    co_await rig.world.clock.sleep(6s);
    CHECK(rig.answers.size() == 2);
    CHECK(rig.engine.calls(Call::pull) == 1);
}

Async<void> break_off(Rig& rig) {
    TaskGroup group(rig.world.executor());
    rig.request();
    group.spawn("images", rig.images.run());
    co_await rig.world.clock.sleep(5s);
    group.cancel();
    co_await group.drained();
    CHECK(rig.answers.empty());
}

Async<void> go_on(Rig& rig) {
    rig.request();
    co_await rig.world.clock.sleep(11s);
    REQUIRE(rig.answers.size() == 2);
    CHECK(rig.answers[0].has_value());
    CHECK(rig.engine.calls(Call::pull) == 2);
}

Async<void> meet_a_fault(Rig& rig) {
    rig.engine.throw_next(Call::pull);
    rig.request();
    rig.request();
    co_await rig.world.clock.sleep(1s);
    REQUIRE(rig.answers.size() == 2);
    REQUIRE(!rig.answers[0]);
    CHECK(rig.answers[0].error().message == "the pull of \"busybox\" met an internal error");
    CHECK(rig.log.size() == 1);
    CHECK(rig.log.count("pull busybox failed: planted fault") == 1);

    rig.request();
    co_await rig.world.clock.sleep(11s);
    REQUIRE(rig.answers.size() == 3);
    CHECK(rig.answers[2].has_value());
}

/// Runs `scenario` while images are pulled.
Async<void> meanwhile(Rig& rig, Async<void> scenario) {
    TaskGroup group(rig.world.executor());
    group.spawn("images", rig.images.run());
    co_await group.scope(std::move(scenario));
}

TEST_CASE("agent: several that want the same image share one pull") {
    Rig rig;
    rig.world.run(meanwhile(rig, want_twice(rig)));
}

TEST_CASE("agent: a pull that was broken off by a restart of the service is begun anew") {
    Rig rig;
    rig.world.run(break_off(rig));
    rig.world.run(meanwhile(rig, go_on(rig)));
}

TEST_CASE("agent: a fault of ours in a pull is told to who waits, and ends no later pull") {
    Rig rig;
    rig.world.run(meanwhile(rig, meet_a_fault(rig)));
}

} // namespace
} // namespace heliosd::agent
