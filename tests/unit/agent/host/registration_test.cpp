// SPDX-License-Identifier: Apache-2.0
#include "agent/host/registration.h"

#include "layout/paths.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "support/catch.h"
#include "support/run.h"
#include "unit/agent/log_lines.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using heliosd::test::World;

TEST_CASE("agent: what to do about the id at the host's name") {
    auto const seen = [](std::optional<Duration> silent_for, bool is_up = false,
                         bool contests = false) { return Rival{silent_for, is_up, contests}; };
    struct Row {
        std::optional<std::string_view> found;
        Rival rival;
        Claim claim;
    };
    for (auto const& row : {
             Row{std::nullopt, {}, Claim::create},
             Row{"A", {}, Claim::keep},
             Row{"A", seen(0s, true), Claim::keep},
             Row{"A\n", seen(0s), Claim::refuse},
             // It has reported lately, also by a clock that is ahead of ours.
             Row{"B", seen(9min), Claim::refuse},
             Row{"B", seen(-5s), Claim::refuse},
             // It is silent, or has never said anything.
             Row{"B", seen(10min), Claim::take_over},
             Row{"B", seen(std::nullopt), Claim::take_over},
             // But its session is alive.
             Row{"B", seen(10min, true), Claim::refuse},
             Row{"B", seen(std::nullopt, true), Claim::refuse},
             // But it has just taken the name from us.
             Row{"B", seen(10min, false, true), Claim::refuse},
             Row{"B", seen(std::nullopt, false, true), Claim::refuse},
         }) {
        INFO(row.found.value_or("nothing"));
        CHECK(decide_claim(row.found, "A", row.rival, 10min) == row.claim);
    }
}

/// A tree, and agents that only register; none reports anything.
struct Cluster {
    World world;
    SeededRng rng{5};
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> operators = ensemble.connect();
    test::LogLines log;

    Async<std::string> id() {
        auto const node = co_await operators->get(layout::host_id("h1"));
        co_return node ? node->data : "none";
    }
    /// As `PUT /hosts` does.
    Async<void> create_nodes(std::string id) {
        for (auto const& path :
             {layout::host_jobs("h1"), layout::host_ports("h1"), layout::status_jobs("h1")})
            (co_await store::ensure_path(*operators, path)).value();
        auto const mode = store::CreateMode::persistent;
        (co_await operators->create(layout::host_id("h1"), std::move(id), mode)).value();
    }
    Async<void> set_id(std::string id) {
        auto const path = layout::host_id("h1");
        std::vector<store::Op> ops{store::Remove{path}, store::Create{path, std::move(id)}};
        CHECK((co_await operators->multi(std::move(ops))).has_value());
    }
};

/// One of them, running until the end of the scope of `group`.
struct Newcomer {
    std::unique_ptr<store::EmbeddedStore> store;
    Registration registration;

    Newcomer(Cluster& cluster, TaskGroup& group, std::string id)
        : store(cluster.ensemble.connect()),
          registration(cluster.world.executor(), cluster.world.clock, cluster.rng, *store,
                       {"h1", id, 10min}) {
        group.spawn("registration of " + id, registration.run());
    }
    Ownership ownership() const { return registration.ownership(); }
};

void run(Async<void> (*scenario)(Cluster& cluster, TaskGroup& group)) {
    Cluster cluster;
    TaskGroup group(cluster.world.executor());
    cluster.world.run(scenario(cluster, group));
}

/// Both start at once; the name is free, or belongs to somebody who is gone.
Async<void> start_together(Cluster& cluster, TaskGroup& group) {
    Newcomer const a(cluster, group, "A");
    Newcomer const b(cluster, group, "B");
    co_await cluster.world.clock.sleep(5min);
    auto const owner = co_await cluster.id();
    CHECK((owner == "A" ? a : b).ownership() == Ownership::ours);
    CHECK((owner == "A" ? b : a).ownership() == Ownership::refused);
    CHECK(a.registration.wins() + b.registration.wins() == 1);
    CHECK(cluster.log.count("which is alive") > 0);
    group.cancel();
    co_await group.drained();
}

Async<void> both_new(Cluster& cluster, TaskGroup& group) {
    co_await start_together(cluster, group);
    CHECK(cluster.log.count("took over") == 0);
}

Async<void> after_another(Cluster& cluster, TaskGroup& group) {
    co_await cluster.create_nodes("GONE");
    co_await start_together(cluster, group);
    CHECK(cluster.log.count("took over") == 1);
}

TEST_CASE("agent: two that start with one name at the same moment do not take it in turns") {
    for (auto* scenario : {&both_new, &after_another}) run(scenario);
}

Async<void> owner_dies(Cluster& cluster, TaskGroup& group) {
    co_await cluster.create_nodes("DEAD");
    auto const dead = cluster.ensemble.connect();
    (co_await dead->create(layout::status_up("h1"), "", store::CreateMode::ephemeral)).value();

    Newcomer const a(cluster, group, "A");
    co_await cluster.world.clock.sleep(5min);
    CHECK(a.ownership() == Ownership::refused);
    dead->close();
    co_await cluster.world.clock.sleep(100ms);
    CHECK(a.ownership() == Ownership::ours);
    group.cancel();
    co_await group.drained();
}

TEST_CASE("agent: a name without reports is taken over the moment its owner's session ends") {
    run(owner_dies);
}

Async<void> fight(Cluster& cluster, TaskGroup& group) {
    co_await cluster.create_nodes("RIVAL");
    Newcomer const a(cluster, group, "A");
    co_await cluster.world.clock.sleep(1s);
    CHECK(a.ownership() == Ownership::ours);
    // The rival knows no restraint: it takes the name back whenever it is not its own.
    for (int seconds = 0; seconds < 300; ++seconds) {
        auto const owner = co_await cluster.id();
        if (owner != "RIVAL") co_await cluster.set_id("RIVAL");
        co_await cluster.world.clock.sleep(1s);
    }
    CHECK(cluster.log.count("took over") > 1);
    CHECK(cluster.log.count("took over") < 7);
    CHECK(cluster.log.count("is left alone for 60 seconds") > 0);
    group.cancel();
    co_await group.drained();
}

TEST_CASE("agent: a name that another takes back at once is not fought for without a pause") {
    run(fight);
}

Async<void> contest_backoff(Cluster& cluster, TaskGroup& group) {
    Newcomer const a(cluster, group, "A");
    co_await cluster.world.clock.sleep(1s);
    CHECK(cluster.log.count("with the id of this one") == 0);
    auto const before = cluster.ensemble.tree().last_zxid();
    Newcomer const copy(cluster, group, "A");
    co_await cluster.world.clock.sleep(10min);
    CHECK(cluster.log.count("with the id of this one") > 1);
    CHECK(cluster.ensemble.tree().last_zxid() - before < 100);
    group.cancel();
    co_await group.drained();
}

TEST_CASE("agent: two with one id say so and fight for the up node with growing pauses") {
    run(contest_backoff);
}

Async<void> restarts(Cluster& cluster, TaskGroup& group) {
    for (int i = 0; i < 3; ++i) {
        TaskGroup life(cluster.world.executor());
        Newcomer const a(cluster, life, "A");
        co_await cluster.world.clock.sleep(2min);
        CHECK(a.ownership() == Ownership::ours);
        // As after `kill -9`: its session outlives it.
        life.cancel();
        co_await life.drained();
    }
    CHECK(cluster.log.count("with the id of this one") == 0);
    group.cancel();
}

TEST_CASE("agent: one that is started again finds its old up node, and takes it for no twin") {
    run(restarts);
}

} // namespace
} // namespace heliosd::agent
