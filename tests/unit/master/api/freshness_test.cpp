// SPDX-License-Identifier: Apache-2.0
// What a master says about the age of its view: to load balancers and to readers.
#include "master/api/admin.h"
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::MasterCluster;

Async<net::Response> ask(Admin& admin, std::string target) {
    return admin.handle({.method = "GET", .target = std::move(target)}, {});
}
Async<void> health(MasterCluster& cluster) {
    auto& store = *cluster.first().store;
    Admin admin(store, cluster.first().mirror, cluster.world.clock);
    auto const pong = co_await ask(admin, "/ping");
    CHECK(pong.status == 200);
    CHECK(std::get<std::string>(pong.body) == "pong\n");
    auto const good = co_await ask(admin, "/healthcheck");
    CHECK(good.status == 200);
    CHECK(std::get<std::string>(good.body) ==
          R"({"deadlocks":{"healthy":true},"view":{"healthy":true,)"
          R"("message":"loaded 4 of 4, current"},"zookeeper":{"healthy":true}})");
    store.set_online(false);
    auto const bad = co_await ask(admin, "/healthcheck");
    CHECK(bad.status == 500);
    CHECK(std::get<std::string>(bad.body) ==
          R"({"deadlocks":{"healthy":true},"view":{"healthy":true,)"
          R"("message":"loaded 4 of 4, current"},"zookeeper":{"healthy":false,)"
          R"("message":"CuratorZookeeperClient reports that it is not connected"}})");
}
TEST_CASE("master: the admin port says whether ZooKeeper is reached") {
    MasterCluster cluster;
    cluster.run(health(cluster));
}

Async<void> loading(MasterCluster& cluster) {
    auto& master = cluster.first();
    Admin admin(*master.store, master.mirror, cluster.world.clock);
    auto const early = co_await ask(admin, "/healthcheck");
    CHECK(early.status == 500);
    CHECK(std::get<std::string>(early.body).find(R"("message":"loaded 0 of 4")") !=
          std::string::npos);
    TaskGroup tasks(cluster.world.executor());
    tasks.spawn("mirror", master.mirror.run());
    co_await cluster.settle();
    auto const loaded = co_await ask(admin, "/healthcheck");
    CHECK(loaded.status == 200);
    tasks.cancel();
    co_await tasks.drained();
}
TEST_CASE("master: it is healthy only when its view has been loaded") {
    MasterCluster cluster;
    cluster.world.run(loading(cluster));
}

std::string stale(test::ApiAnswer const& answer) {
    auto const* const header = answer.headers.find("X-Helios-Stale");
    return header ? *header : "";
}

Async<void> freezes(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto& clock = cluster.world.clock;
    Admin admin(*master.store, master.mirror, clock);
    co_await create(master, R"({"id":"a:1","image":"busybox"})");
    co_await clock.sleep(1min);
    auto const current = co_await master.call("GET", "/jobs");
    CHECK(stale(current).empty());
    master.faults.freeze();
    co_await clock.sleep(2s);
    // The connection looks fine: nobody has hung up.
    CHECK(master.faults.session().state == store::SessionState::connected);
    auto const bad = co_await ask(admin, "/healthcheck");
    CHECK(bad.status == 500);
    auto const text = std::get<std::string>(bad.body);
    CHECK(text.find(R"("view":{"healthy":false,"message":"loaded 4 of 4, stale for 2 s"})") !=
          std::string::npos);
    CHECK(text.find(R"("message":"ZooKeeper has not answered for 2 s")") != std::string::npos);
    co_await clock.sleep(5s);
    for (std::string target : {"/jobs", "/hosts", "/masters"}) {
        auto const answer = co_await master.call("GET", target);
        CHECK(answer.status == 200);
        CHECK(stale(answer) == "7");
    }
    auto const version = co_await master.call("GET", "/version");
    CHECK(stale(version).empty());
    master.faults.thaw();
    co_await clock.sleep(1s);
    auto const good = co_await ask(admin, "/healthcheck");
    CHECK(good.status == 200);
    auto const again = co_await master.call("GET", "/jobs");
    CHECK(stale(again).empty());
}
TEST_CASE("master: two seconds after ZooKeeper froze it says so, and reads say how old they are") {
    MasterCluster cluster;
    cluster.run(freezes(cluster));
}

Async<void> follower_behind(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto& clock = cluster.world.clock;
    Admin admin(*master.store, master.mirror, clock);
    co_await clock.sleep(1min);
    // Connected again, and answering, but not everything has been read anew.
    master.faults.stale_since = clock.now() - 12s;
    auto const bad = co_await ask(admin, "/healthcheck");
    CHECK(bad.status == 500);
    CHECK(std::get<std::string>(bad.body) ==
          R"({"deadlocks":{"healthy":true},"view":{"healthy":false,)"
          R"("message":"loaded 4 of 4, stale for 12 s"},"zookeeper":{"healthy":true}})");
    auto const answer = co_await master.call("GET", "/hosts");
    CHECK(stale(answer) == "12");
    master.faults.stale_since.reset();
    auto const good = co_await ask(admin, "/healthcheck");
    CHECK(good.status == 200);
}
TEST_CASE("master: a follower that is behind makes the view stale") {
    MasterCluster cluster;
    cluster.run(follower_behind(cluster));
}

} // namespace
} // namespace heliosd::master
