// SPDX-License-Identifier: Apache-2.0
#include "master/workers/registration.h"

#include "base/async/task_group.h"
#include "support/catch.h"
#include "support/master_cluster.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::MasterCluster;

Async<void> announces(MasterCluster& cluster) {
    auto& world = cluster.world;
    auto& master = cluster.first();
    auto const up = std::string("/status/masters/m7/up");
    TaskGroup running(world.executor());
    Registration registration(*master.store, world.clock, master.rng, "m7");
    running.spawn("registration", registration.run());
    co_await cluster.settle();
    CHECK(cluster.has(up));
    auto const listed = co_await master.call("GET", "/masters/");
    CHECK(listed.body == R"(["m7","master-1"])");

    // A new session needs a new node; so does somebody who cleans up by hand.
    auto const before = cluster.ensemble.tree().find(up)->stat.ephemeral_owner;
    master.store->expire();
    co_await world.clock.sleep(1s);
    REQUIRE(cluster.has(up));
    CHECK(cluster.ensemble.tree().find(up)->stat.ephemeral_owner != before);
    co_await cluster.drop(up);
    co_await world.clock.sleep(11s);
    CHECK(cluster.has(up));

    running.cancel();
    co_await running.drained();
    CHECK_FALSE(cluster.has(up));
    CHECK(cluster.has("/status/masters/m7"));
}
TEST_CASE("master: it announces itself through new sessions, and withdraws at the end") {
    MasterCluster cluster;
    cluster.run(announces(cluster));
}

Async<void> waits_for_zookeeper(MasterCluster& cluster) {
    auto& world = cluster.world;
    auto& master = cluster.first();
    master.store->set_online(false);
    TaskGroup running(world.executor());
    Registration registration(*master.store, world.clock, master.rng, "m7");
    running.spawn("registration", registration.run());
    // Long enough for long pauses.
    co_await world.clock.sleep(10min);
    master.store->set_online(true);
    co_await world.clock.sleep(100ms);
    CHECK(cluster.has("/status/masters/m7/up"));
    running.cancel();
    co_await running.drained();
}
TEST_CASE("master: it announces itself the moment there is a connection") {
    MasterCluster cluster;
    cluster.run(waits_for_zookeeper(cluster));
}

Async<void> replaces(MasterCluster& cluster) {
    // The node of a session that has crashed is still there.
    auto& ghost = *cluster.masters[1];
    auto& master = cluster.first();
    Registration before(*ghost.store, cluster.world.clock, ghost.rng, "m7");
    auto const first = co_await before.register_once();
    CHECK(first);
    Registration after(*master.store, cluster.world.clock, master.rng, "m7");
    auto const second = co_await after.register_once();
    CHECK(second);
    auto const up = std::string("/status/masters/m7/up");
    CHECK(cluster.ensemble.tree().find(up)->stat.ephemeral_owner == master.store->session().id);
    // The end of the other does not take away what is not its own.
    auto const withdrawn = co_await before.withdraw();
    CHECK(withdrawn);
    CHECK(cluster.has(up));
}
TEST_CASE("master: the presence of a crashed predecessor is replaced (B14)") {
    MasterCluster cluster(2);
    cluster.run(replaces(cluster));
}

} // namespace
} // namespace heliosd::master
