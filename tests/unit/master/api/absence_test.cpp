// SPDX-License-Identifier: Apache-2.0
// "Not found" is said only of what is known to be absent.
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;
using test::word;

/// From now on the second master learns nothing by itself.
Async<void> leave_behind(MasterCluster& cluster) {
    cluster.masters[1]->faults.lag();
    // Whatever its followers wait for right now comes.
    for (std::string path : {"/config/jobs/z:1:h", "/config/hosts/other", "/status/hosts/other",
                             "/status/masters/other"})
        co_await cluster.put(path, "{}");
    co_await cluster.settle();
}

Async<void> unconfirmed(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto& clock = cluster.world.clock;
    co_await leave_behind(cluster);
    auto const a = co_await create(one, R"({"id":"a:1","image":"busybox"})");

    // One of many sessions reconnects: ask again instead of guessing.
    two.faults.failing_syncs = 3;
    auto const there = co_await two.call("GET", "/jobs/" + a);
    CHECK(there.status == 200);
    two.faults.failing_syncs = 3;
    auto const absent = co_await two.call("GET", "/jobs/x:1:" + std::string(40, 'f'));
    CHECK(absent.status == 404);
    CHECK(absent.reason == "there is no such job");

    auto const b = co_await create(one, R"({"id":"b:1","image":"busybox"})");
    two.faults.freeze();
    for (auto target : {"/jobs/" + b, "/jobs/" + b + "/status", std::string("/hosts/h9/status"),
                        "/hosts/h9/jobs/" + b}) {
        auto const began = clock.now();
        auto const unknown = co_await two.call("GET", target);
        CHECK(unknown.status == 503);
        CHECK(test::text_at(unknown, "message").find("does not confirm") != std::string::npos);
        CHECK(clock.now() - began >= 7s);
        CHECK(clock.now() - began <= 9s);
    }
    two.faults.thaw();
    auto const found = co_await two.call("GET", "/jobs/" + b);
    CHECK(found.status == 200);
}
TEST_CASE("master: an absence that cannot be confirmed is asked again, then 503, never 404") {
    MasterCluster cluster(2);
    cluster.run(unconfirmed(cluster));
}

Async<void> registered_elsewhere(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto const a = co_await create(one, R"({"id":"a:1","image":"busybox"})");
    co_await leave_behind(cluster);
    co_await cluster.add_host("h1");
    co_await deploy(one, "h1", a);
    co_await cluster.put("/status/hosts/h1/labels", R"({"role":"web"})");
    co_await cluster.put("/status/hosts/h1/jobs/" + a,
                         R"({"job":{"id":"a:1","image":"busybox"},"state":"RUNNING"})");
    REQUIRE(two.mirror.view().host("h1") == nullptr);
    auto const status = co_await two.call("GET", "/hosts/h1/status");
    CHECK(status.status == 200);
    CHECK(word(status) == "UP");
    auto const document = status.document();
    CHECK(document.find("jobs")->find(a));
    CHECK(document.find("statuses")->find(a));
    CHECK(json::write(*document.find("labels")) == R"({"role":"web"})");
}
TEST_CASE("master: a host that another master has just registered is shown whole") {
    MasterCluster cluster(2);
    cluster.run(registered_elsewhere(cluster));
}

} // namespace
} // namespace heliosd::master
