// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/inventory.h"

#include "support/catch.h"
#include "support/fake_engine.h"
#include "support/run.h"
#include "unit/agent/jobs.h"

#include <utility>

namespace heliosd::agent {
namespace {

using heliosd::test::FakeEngine;
using heliosd::test::World;
using Kind = ContainerChange::Kind;

struct Changes final : ContainerListener {
    std::vector<Kind> kinds;
    void container_changed(ContainerChange change) override { kinds.push_back(change.kind); }
    void daemon_is_back() override {}
};

/// What a sweep reports of a claimed container that was created and, maybe, started.
Async<std::vector<Kind>> sweep_claimed(World& world, bool is_started) {
    SeededRng rng{7};
    FakeEngine engine(world.executor(), world.clock, rng);
    engine.add_image("busybox");
    Inventory inventory(world.executor(), world.clock, rng, engine, "AGENT1");
    auto const job = test::job_named("web");
    Changes changes;
    inventory.subscribe(job.id, changes);
    auto call = engine.create({.name = "web", .image = "busybox"});
    auto const container = (co_await std::move(call)).value();
    inventory.claim(container, job.id.to_string());
    if (is_started) engine.start_by_hand(container);
    (co_await inventory.sweep()).value();
    inventory.unsubscribe(job.id, changes);
    co_return std::move(changes.kinds);
}

TEST_CASE("inventory: a claimed container that never started is doubtful") {
    World world;
    CHECK(world.run(sweep_claimed(world, false)) == std::vector{Kind::doubtful});
}

TEST_CASE("inventory: a claimed container that runs is not doubtful") {
    World world;
    CHECK(world.run(sweep_claimed(world, true)) == std::vector{Kind::started});
}

} // namespace
} // namespace heliosd::agent
