// SPDX-License-Identifier: Apache-2.0
#include "master/workers/history_cleaner.h"
#include "unit/master/api/answers.h"

#include <algorithm>

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;
using test::word;

bool removes_history(std::vector<store::Op> const& ops) {
    return std::ranges::any_of(ops, [](store::Op const& op) {
        auto const* const removal = std::get_if<store::Remove>(&op);
        return removal && removal->path.starts_with("/history/");
    });
}

Async<void> put_history(MasterCluster& cluster, std::string job, std::string host) {
    auto const root = "/history/jobs/" + job;
    auto const at = root + "/hosts/" + host;
    for (auto const& path : {root, root + "/hosts", at, at + "/events", at + "/events/17"})
        if (!cluster.has(path)) co_await cluster.put(path, "");
}

Async<void> slow_history(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto& clock = cluster.world.clock;
    co_await cluster.add_host("h1");
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    auto const b = co_await create(master, R"({"id":"b:1","image":"busybox"})");
    co_await deploy(master, "h1", a);
    co_await put_history(cluster, a, "h1");
    co_await put_history(cluster, b, "h1");

    // The removal of the history hangs: the host is gone all the same, and that is the answer.
    master.faults.on_multi = [&](auto const& ops) {
        if (removes_history(ops)) master.faults.freeze();
    };
    auto began = clock.now();
    auto const host = co_await master.call("DELETE", "/hosts/h1");
    CHECK(word(host) == "OK");
    CHECK(clock.now() - began < 9s);
    CHECK_FALSE(cluster.has("/config/hosts/h1"));
    CHECK(cluster.has("/history/jobs/" + a + "/hosts/h1"));
    master.faults.on_multi = {};
    master.faults.thaw();
    co_await clock.sleep(1s);
    CHECK_FALSE(cluster.has("/history/jobs/" + a + "/hosts/h1"));
    CHECK(cluster.has("/history/jobs/" + b + "/hosts/h1"));

    // The same for a job, whose mirror cannot be refreshed either.
    master.faults.on_multi = [&](auto const& ops) {
        if (removes_history(ops)) master.faults.freeze();
    };
    began = clock.now();
    auto const job = co_await master.call("DELETE", "/jobs/" + b);
    CHECK(word(job) == "OK");
    CHECK(clock.now() - began < 9s);
    master.faults.on_multi = {};
    master.faults.thaw();
    co_await clock.sleep(1s);
    CHECK_FALSE(cluster.has("/history/jobs/" + b));
}
TEST_CASE("master: histories are removed in the background, within the time of no request") {
    MasterCluster cluster;
    cluster.run(slow_history(cluster));
}

Async<void> tries_again(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    co_await put_history(cluster, a, "h1");
    master.faults.on_multi = [&](auto const& ops) {
        if (!removes_history(ops)) return;
        master.store->fail_next_write(store::EmbeddedStore::WriteFault::lost);
        master.store->set_online(false);
    };
    auto const job = co_await master.call("DELETE", "/jobs/" + a);
    CHECK(word(job) == "OK");
    CHECK(cluster.has("/history/jobs/" + a));
    co_await cluster.world.clock.sleep(1min);
    master.faults.on_multi = {};
    master.store->set_online(true);
    co_await cluster.world.clock.sleep(1min);
    CHECK_FALSE(cluster.has("/history/jobs/" + a));
}
TEST_CASE("master: a removal of history that failed is tried again") {
    MasterCluster cluster;
    cluster.run(tries_again(cluster));
}

Async<void> resumes(MasterCluster& cluster, HistoryCleaner& cleaner) {
    auto& master = cluster.first();
    auto const job = [](char name) { return std::string(1, name) + ":1:" + std::string(40, 'f'); };
    auto const alive = co_await create(master, R"({"id":"l:1","image":"busybox"})");
    co_await cluster.add_host("h1");
    co_await put_history(cluster, job('a'), "h1");
    co_await put_history(cluster, job('b'), "h1");
    co_await put_history(cluster, alive, "h1");
    co_await put_history(cluster, alive, "gone");
    co_await put_history(cluster, alive, "kept");
    for (auto const& path :
         {"/history/jobs/" + job('a'), "/history/jobs/" + alive,
          "/history/jobs/" + alive + "/hosts/h1", "/history/jobs/" + alive + "/hosts/gone"})
        co_await cluster.put(path, std::string(removed_mark));

    // As after a restart: another worker on the same tree.
    cluster.tasks.spawn("another", cleaner.run());
    co_await cluster.world.clock.sleep(1s);
    CHECK_FALSE(cluster.has("/history/jobs/" + job('a')));
    CHECK_FALSE(cluster.has("/history/jobs/" + alive + "/hosts/gone"));
    // Nobody has asked for these, or their owner is there again.
    CHECK(cluster.has("/history/jobs/" + job('b') + "/hosts/h1/events/17"));
    CHECK(cluster.has("/history/jobs/" + alive + "/hosts/h1/events/17"));
    CHECK(cluster.has("/history/jobs/" + alive + "/hosts/kept/events/17"));
}
TEST_CASE("master: what an earlier master left unfinished of a history is removed") {
    MasterCluster cluster;
    auto& master = cluster.first();
    // Outlive the tasks of the cluster.
    HistoryRemovals removals(cluster.world.executor());
    HistoryCleaner cleaner(master.mirror, removals, *master.store, cluster.world.clock, master.rng);
    cluster.run(resumes(cluster, cleaner));
}

} // namespace
} // namespace heliosd::master
