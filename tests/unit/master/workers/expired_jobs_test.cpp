// SPDX-License-Identifier: Apache-2.0
#include "master/workers/expired_jobs.h"
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;

Async<void> expires(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto& clock = cluster.world.clock;
    auto const soon = (clock.wall() + 60s).time_since_epoch().count();
    auto const short_lived = co_await create(one, R"({"id":"a:1","image":"busybox","expires":)" +
                                                      std::to_string(soon) + "}");
    auto const lasting = co_await create(one, R"({"id":"b:1","image":"busybox"})");
    for (std::string host : {"h1", "h2"}) {
        co_await cluster.add_host(host);
        co_await deploy(one, host, short_lived);
        co_await deploy(one, host, lasting);
    }
    CHECK(expired_jobs(one.mirror.view(), clock.wall()).empty());
    auto const due = expired_jobs(one.mirror.view(), clock.wall() + 60s);
    REQUIRE(due.size() == 1);
    CHECK(due[0].job->id == short_lived);
    CHECK(due[0].hosts == std::vector<std::string>{"h1", "h2"});

    // Every master does it, and none is in the way of the others.
    TaskGroup reapers(cluster.world.executor());
    ExpiredJobs first(one.mirror, one.removals, *one.store, clock, one.rng);
    ExpiredJobs second(two.mirror, two.removals, *two.store, clock, two.rng);
    reapers.spawn("first", first.run());
    reapers.spawn("second", second.run());
    co_await clock.sleep(59s);
    CHECK(cluster.has("/config/jobs/" + short_lived));
    co_await clock.sleep(31s);
    reapers.cancel();
    co_await reapers.drained();
    CHECK_FALSE(cluster.has("/config/jobs/" + short_lived));
    CHECK_FALSE(cluster.has("/config/hosts/h2/jobs/" + short_lived));
    CHECK_FALSE(cluster.has("/history/jobs/" + short_lived));
    CHECK(cluster.has("/config/hosts/h2/jobs/" + lasting));
}
TEST_CASE("master: a job that expires is undeployed everywhere and removed") {
    MasterCluster cluster(2);
    cluster.run(expires(cluster));
}

} // namespace
} // namespace heliosd::master
