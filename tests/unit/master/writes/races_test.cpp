// SPDX-License-Identifier: Apache-2.0
// Two masters at once, and answers that get lost (spec/zookeeper.md §12).
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::ApiAnswer;
using test::create;
using test::deploy;
using test::deployment_body;
using test::MasterCluster;
using test::word;
using Fault = store::EmbeddedStore::WriteFault;

Async<void> keep(Async<ApiAnswer> call, std::shared_ptr<ApiAnswer> answer) {
    *answer = co_await std::move(call);
}

/// Two calls in flight at the same time, and their answers.
struct Pair {
    ApiAnswer first, second;

    bool one_each(std::string_view a, std::string_view b) const {
        return (word(first) == a && word(second) == b) || (word(first) == b && word(second) == a);
    }
};
Async<Pair> together(MasterCluster& cluster, Async<ApiAnswer> first, Async<ApiAnswer> second) {
    TaskGroup both(cluster.world.executor());
    auto const a = std::make_shared<ApiAnswer>(), b = std::make_shared<ApiAnswer>();
    both.spawn("first", keep(std::move(first), a));
    both.spawn("second", keep(std::move(second), b));
    co_await both.drained();
    co_return Pair{*a, *b};
}

constexpr char const* a_job = R"({"id":"a:1","image":"busybox",
    "ports":{"http":{"internalPort":80,"externalPort":8080}}})";
constexpr char const* b_job = R"({"id":"b:1","image":"busybox",
    "ports":{"http":{"internalPort":81,"externalPort":8080}}})";

Async<void> race_creations(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto const same = co_await together(cluster, one.call("POST", "/jobs?user=x", a_job),
                                        two.call("POST", "/jobs?user=y", a_job));
    CHECK(same.one_each("OK", "JOB_ALREADY_EXISTS"));
    // Both masters show it when they have answered.
    auto const id = test::text_at(same.first, "id");
    for (auto* master : {&one, &two}) {
        auto const seen = co_await master->call("GET", "/jobs/" + id);
        CHECK(seen.status == 200);
    }
}
TEST_CASE("master: of two that create the same job at once, one does") {
    MasterCluster cluster(2);
    cluster.run(race_creations(cluster));
}

Async<void> race_deployments(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto const a = co_await create(one, a_job);
    auto const b = co_await create(one, b_job);
    co_await cluster.add_host("h1");
    auto const ports = co_await together(cluster, deploy(one, "h1", a), deploy(two, "h1", b));
    CHECK(ports.one_each("OK", "PORT_CONFLICT"));

    auto const c = co_await create(one, R"({"id":"c:1","image":"busybox"})");
    auto const same = co_await together(cluster, deploy(one, "h1", c), deploy(two, "h1", c));
    CHECK(same.one_each("OK", "JOB_ALREADY_DEPLOYED"));
    auto const at = "/hosts/h1/jobs/" + c;
    auto const ends = co_await together(cluster, one.call("DELETE", at), two.call("DELETE", at));
    CHECK(ends.one_each("OK", "JOB_NOT_FOUND"));

    auto const d = co_await create(one, R"({"id":"d:1","image":"busybox"})");
    auto const removal =
        co_await together(cluster, deploy(one, "h1", d), two.call("DELETE", "/jobs/" + d));
    bool const deployed = word(removal.first) == "OK";
    CHECK(word(removal.second) == (deployed ? "STILL_IN_USE" : "OK"));
    if (!deployed) CHECK(word(removal.first) == "JOB_NOT_FOUND");

    auto const host =
        co_await together(cluster, deploy(one, "h1", c), two.call("DELETE", "/hosts/h1"));
    CHECK(word(host.second) == "OK");
    CHECK_FALSE(cluster.has("/config/hosts/h1"));
    CHECK_FALSE(cluster.has("/config/jobs/" + c + "/hosts/h1"));
}
TEST_CASE("master: deployments race with each other, removals and deregistration to one end") {
    MasterCluster cluster(2);
    cluster.run(race_deployments(cluster));
}

Async<void> race_goals(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    auto const a = co_await create(one, a_job);
    co_await cluster.add_host("h1");
    auto const deployed = co_await deploy(one, "h1", a);
    CHECK(deployed.status == 200);
    auto const at = "/hosts/h1/jobs/" + a;
    auto const goals = co_await together(cluster, one.call("PATCH", at, deployment_body(a, "STOP")),
                                         two.call("PATCH", at, deployment_body(a, "START")));
    CHECK(goals.one_each("OK", "OK"));
    auto const end = co_await together(cluster, one.call("PATCH", at, deployment_body(a, "STOP")),
                                       two.call("DELETE", at));
    CHECK(word(end.second) == "OK");
    // Whatever came first, setting a goal never brings a deployment back (I12).
    CHECK_FALSE(cluster.has("/config/hosts/h1/jobs/" + a));
}
TEST_CASE("master: concurrent goals do not overwrite unseen, nor resurrect a deployment") {
    MasterCluster cluster(2);
    cluster.run(race_goals(cluster));
}

Async<void> loses_answers(MasterCluster& cluster, Fault fault) {
    auto& master = cluster.first();
    co_await cluster.add_host("h1");
    master.store->fail_next_write(fault);
    auto const created = co_await master.call("POST", "/jobs?user=x", a_job);
    CHECK(word(created) == "OK");
    auto const a = test::text_at(created, "id");
    auto const at = "/hosts/h1/jobs/" + a;

    master.store->fail_next_write(fault);
    auto const deployed = co_await deploy(master, "h1", a);
    CHECK(word(deployed) == "OK");
    master.store->fail_next_write(fault);
    auto const stopped = co_await master.call("PATCH", at, deployment_body(a, "STOP"));
    CHECK(word(stopped) == "OK");
    auto const seen = co_await master.call("GET", at);
    CHECK(test::text_at(seen, "goal") == "STOP");
    master.store->fail_next_write(fault);
    auto const undeployed = co_await master.call("DELETE", at);
    CHECK(word(undeployed) == "OK");
    CHECK_FALSE(cluster.has("/config/hosts/h1/jobs/" + a));
    master.store->fail_next_write(fault);
    auto const removed = co_await master.call("DELETE", "/jobs/" + a);
    CHECK(word(removed) == "OK");
    CHECK_FALSE(cluster.has("/config/jobs/" + a));

    master.store->fail_next_write(fault);
    auto const registered = co_await master.call("PUT", "/hosts/h2?id=abc");
    CHECK(registered.status == 200);
    master.store->fail_next_write(fault);
    auto const deregistered = co_await master.call("DELETE", "/hosts/h2");
    CHECK(word(deregistered) == "OK");
    CHECK_FALSE(cluster.has("/config/hosts/h2"));
}
TEST_CASE("master: a write whose answer got lost is reported as what it was (B2)") {
    MasterCluster cluster;
    cluster.run(loses_answers(cluster, Fault::unanswered));
}
TEST_CASE("master: a write that never arrived is done by looking and sending again") {
    MasterCluster cluster;
    cluster.run(loses_answers(cluster, Fault::lost));
}

Async<void> without_store(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, a_job);
    master.store->set_online(false);
    co_await cluster.settle();
    // Reads go on with what was last known; nothing is said to be absent that is only unknown.
    auto const seen = co_await master.call("GET", "/jobs/" + a);
    CHECK(seen.status == 200);
    auto const absent = co_await master.call("GET", "/jobs/x:1:" + std::string(40, 'f'));
    CHECK(absent.status == 503);
    auto const failed = co_await master.call("POST", "/jobs", b_job);
    CHECK(failed.status == 500);
    auto const text = test::text_at(failed, "message");
    CHECK(text.find("ZooKeeper cannot be reached") != std::string::npos);
    CHECK(text.find("(ID ") != std::string::npos);
    CHECK(failed.headers.find("Helios-Server-Version"));

    master.store->set_online(true);
    auto const again = co_await master.call("POST", "/jobs", b_job);
    CHECK(again.status == 200);
}
TEST_CASE("master: without ZooKeeper reads are answered, and writes fail with a reason") {
    MasterCluster cluster;
    cluster.run(without_store(cluster));
}

Async<void> writes_without_fence(MasterCluster& cluster) {
    // A history that never ends being written does not keep a removed job from being answered.
    auto& master = cluster.first();
    auto const a = co_await create(master, a_job);
    co_await cluster.put("/config/jobs/" + a + "/unexpected", "");
    auto const kept = co_await master.call("DELETE", "/jobs/" + a);
    CHECK(kept.status == 400);
    CHECK(word(kept) == "STILL_IN_USE");
    CHECK(cluster.has("/config/jobs/" + a + "/hosts"));
    CHECK(cluster.has("/config/jobrefs/a:1"));
}
TEST_CASE("master: a job with an unexpected child is kept whole") {
    MasterCluster cluster;
    cluster.run(writes_without_fence(cluster));
}

Async<void> without_base(MasterCluster& cluster) {
    // Nobody has registered here yet: the base nodes are missing.
    auto const added = co_await cluster.first().operations.add_job(
        model::job_from_json(*json::parse(R"({"id":"a:1","image":"busybox"})")).value());
    REQUIRE(added);
    CHECK(*added == AddJobOutcome::added);
    CHECK(cluster.has("/config/jobrefs/a:1"));
}
TEST_CASE("master: adding a job to an empty tree makes what is missing") {
    MasterCluster cluster;
    cluster.world.run(without_base(cluster));
}

} // namespace
} // namespace heliosd::master
