// SPDX-License-Identifier: Apache-2.0
// Masters on a real ZooKeeper.
#include "net/resolver.h"
#include "support/data.h"
#include "support/master_walk.h"
#include "support/zk_environment.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;

/// A node below which a cluster lives alone, as its chroot.
struct Cluster {
    Cluster(test::ZookeeperServer& server, std::string base) : environment(server, base) {}

    /// A session in the chroot.
    store::ZkStore& connect() {
        environment.options.servers = environment.server().address() + environment.base();
        return environment.connect_zk();
    }

    test::ZkEnvironment environment;
    SeededRng rng{1};
    net::SystemResolver resolver{environment.clock()};
    net::RealHttpClient http{resolver};
};

struct Running {
    Running(Cluster& cluster, Executor executor, std::string name)
        : store(cluster.connect()),
          master(executor, store, cluster.environment.clock(), cluster.rng,
                 test::local_master(std::move(name))) {}

    store::ZkStore& store;
    Master master;
};

Async<void> run_master(Master& master) {
    auto const ended = co_await master.run();
    if (!ended) throw std::runtime_error(ended.error().message);
}

Async<void> example(Cluster& cluster) {
    auto const executor = co_await asio::this_coro::executor;
    Running one(cluster, executor, "master-1");
    REQUIRE(one.master.listen());
    TaskGroup masters(executor);
    masters.spawn("master", run_master(one.master));
    co_await test::walk_example(one.store, {cluster.http, one.master.http_port()});
    masters.cancel();
    co_await masters.drained();
    auto const up = co_await one.store.exists("/status/masters/master-1/up");
    CHECK((up && !*up));
}
TEST_CASE("master: on a real ZooKeeper it makes the tree of the example and takes it apart again") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    Cluster cluster(*server, "/master-example");
    cluster.environment.run(example(cluster));
}

Async<void> two_masters(Cluster& cluster) {
    auto const executor = co_await asio::this_coro::executor;
    auto& clock = cluster.environment.clock();
    Running one(cluster, executor, "m1"), two(cluster, executor, "m2");
    REQUIRE(one.master.listen());
    REQUIRE(two.master.listen());
    TaskGroup masters(executor);
    masters.spawn("m1", run_master(one.master));
    masters.spawn("m2", run_master(two.master));
    test::ApiClient first(cluster.http, one.master.http_port());
    test::ApiClient second(cluster.http, two.master.http_port());

    // What one has answered, the other finds at once.
    auto registered = co_await first.call("PUT", "/hosts/h1?id=x");
    CHECK(registered.status == 200);
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) {
        auto const name = "job" + std::to_string(i) + ":1";
        auto& here = i % 2 == 0 ? first : second;
        auto& there = i % 2 == 0 ? second : first;
        auto const created =
            co_await here.call("POST", "/jobs", R"({"id":")" + name + R"(","image":"busybox"})");
        REQUIRE(created.status == 200);
        ids.push_back(*test::parsed(created.body).find("id")->if_string());
        auto const body = R"({"goal":"START","jobId":")" + ids.back() + "\"}";
        auto const deployed = co_await there.call("PUT", "/hosts/h1/jobs/" + ids.back(), body);
        CHECK(deployed.status == 200);
        auto const seen = co_await there.call("GET", "/hosts/h1/status");
        CHECK(test::parsed(seen.body).find("jobs")->find(ids.back()));
        auto const elsewhere = co_await here.call("GET", "/hosts/h1/jobs/" + ids.back());
        CHECK(elsewhere.status == 200);
    }

    // A session that ends at the servers: the master announces itself again and goes on.
    co_await cluster.environment.expire(one.store);
    for (int i = 0; i < 100; ++i) {
        co_await clock.sleep(100ms);
        auto const listed = co_await second.call("GET", "/masters");
        if (listed.body == R"(["m1","m2"])" && i > 10) break;
    }
    auto const listed = co_await second.call("GET", "/masters");
    CHECK(listed.body == R"(["m1","m2"])");
    auto const undeployed = co_await second.call("DELETE", "/hosts/h1/jobs/" + ids[0]);
    CHECK(undeployed.status == 200);
    auto const removed = co_await first.call("DELETE", "/jobs/" + ids[0]);
    CHECK(removed.status == 200);

    // The servers go and come back: reads go on, then writes do.
    co_await cluster.environment.cut();
    auto const meanwhile = co_await first.call("GET", "/hosts/h1/status");
    CHECK(meanwhile.status == 200);
    auto const refused = co_await first.call("POST", "/jobs", R"({"id":"z:1","image":"busybox"})");
    CHECK(refused.status == 500);
    co_await cluster.environment.restore();
    int status = 0;
    for (int i = 0; i < 100 && status != 200; ++i) {
        co_await clock.sleep(100ms);
        auto const created =
            co_await first.call("POST", "/jobs", R"({"id":"z:2","image":"busybox"})");
        status = created.status;
    }
    CHECK(status == 200);
    masters.cancel();
    co_await masters.drained();
}
TEST_CASE("master: two on a real ZooKeeper work as one, through expiry and outage") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    Cluster cluster(*server, "/master-pair");
    cluster.environment.run(two_masters(cluster));
}

} // namespace
} // namespace heliosd::master
