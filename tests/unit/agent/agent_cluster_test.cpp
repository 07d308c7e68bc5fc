// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "model/host.h"
#include "support/catch.h"
#include "unit/agent/site.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Machine;
using test::Site;

Async<void> register_host(Site& site) {
    site.h1.options.env = {{"POD", "p1"}};
    site.h1.options.labels = {{"role", "web"}};
    site.h1.boot();
    co_await site.sleep(1s);
    auto const id = co_await site.data(layout::host_id("h1"));
    CHECK(id == "AGENT1");
    for (auto const& path :
         {layout::host_jobs("h1"), layout::host_ports("h1"), layout::status_jobs("h1"),
          layout::status_up("h1"), layout::status_agent_info("h1")}) {
        auto const there = co_await site.exists(path);
        INFO(path);
        CHECK(there);
    }
    auto const environment = co_await site.data(layout::status_environment("h1"));
    CHECK(environment == R"({"POD":"p1"})");
    auto const labels = co_await site.data(layout::status_labels("h1"));
    CHECK(labels == R"({"role":"web"})");
    auto const text = co_await site.data(layout::status_host_info("h1"));
    auto const info = model::host_info_from_json(json::parse(text).value()).value();
    CHECK(info.docker_host == "unix:///var/run/docker.sock");
    CHECK(info.docker_version.has_value());
    co_await site.h1.shut_down();
    auto const up = co_await site.exists(layout::status_up("h1"));
    CHECK(!up);
    CHECK(site.h1.files.content.at("/state/id") == "AGENT1");
    CHECK(site.h1.files.content.at("/state/heliosd.json").starts_with("{\n  \"format\" : 1,\n"));
}

TEST_CASE("agent: it registers its host, says what it is, and leaves in order") {
    Site site;
    site.run(register_host(site));
}

Async<void> store_goes_away(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    auto const first = site.engine.containers()[0].info.id;
    site.h1.store->set_online(false);
    co_await site.sleep(300s);
    CHECK(site.engine.running() == 1);
    // Deaths are dealt with meanwhile; the news arrives when the store is back.
    site.engine.die(first, 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    auto status = co_await site.status(job);
    CHECK(status->container_id == first);
    site.h1.store->expire();
    site.h1.store->set_online(true);
    co_await site.sleep(5s);
    status = co_await site.status(job);
    CHECK(status->container_id == site.engine.containers()[1].info.id);
    CHECK(status->state == TaskState::running);
    auto const up = co_await site.exists(layout::status_up("h1"));
    CHECK(up);
    auto const states = co_await site.history(job);
    CHECK(states.size() == 9);
}

TEST_CASE("agent: without the store containers go on, and it is told all of it afterwards") {
    Site site;
    site.run(store_goes_away(site));
}

Async<void> unreadable_task(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    auto const path = layout::host_job("h1", job.id.to_string());
    for (auto const* text : {"", "{", "{}", R"({"goal":"PAUSE","job":null})", "[]"}) {
        (co_await site.master->set(path, text, store::any_version)).value();
        co_await site.sleep(40s);
        CHECK(site.engine.running() == 1);
    }
    co_await site.h1.shut_down();
    site.h1.boot();
    co_await site.sleep(40s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers().size() == 1);
    co_await site.set_goal(job, Goal::stop);
    auto const stopped = co_await site.reaches(job, TaskState::stopped);
    CHECK(stopped);
}

TEST_CASE("agent: a task that cannot be read goes on as it was, also over a restart") {
    Site site;
    site.run(unreadable_task(site));
}

Async<void> two_with_one_name(Site& site, Machine& second) {
    auto const job = job_named("web");
    site.h1.boot("FIRST");
    co_await site.start(job);
    int const creates = site.engine.calls(Call::create);
    auto const before = co_await site.data(layout::status_job("h1", job.id.to_string()));
    second.boot("SECOND");
    co_await site.sleep(20min);
    CHECK(site.engine.calls(Call::create) == creates);
    auto const after = co_await site.data(layout::status_job("h1", job.id.to_string()));
    CHECK(after == before);
    auto const id = co_await site.data(layout::host_id("h1"));
    CHECK(id == "FIRST");
    CHECK(!second.files.content.contains("/state/task-config.json"));

    // The first one falls silent; after ten minutes the name goes to the second.
    co_await site.h1.shut_down();
    co_await site.sleep(9min);
    CHECK(site.engine.calls(Call::create) == creates);
    co_await site.sleep(2min);
    auto const taken = co_await site.data(layout::host_id("h1"));
    CHECK(taken == "SECOND");
    auto const running = co_await site.reaches(job, TaskState::running);
    CHECK(running);
    CHECK(site.engine.calls(Call::create) == creates + 1);

    // When the first one comes back it is refused, and touches neither containers nor statuses,
    // though it has a snapshot that says it should run this job.
    auto const theirs = co_await site.data(layout::status_job("h1", job.id.to_string()));
    auto const own = site.engine.containers()[0].info.id;
    site.engine.die(own, 0);
    site.h1.boot("FIRST");
    co_await site.sleep(5min);
    CHECK(site.engine.calls(Call::create) == creates + 1);
    auto const still = co_await site.data(layout::status_job("h1", job.id.to_string()));
    CHECK(still == theirs);
    co_await second.shut_down();
}

TEST_CASE("agent: of two agents with one name only one acts, and the other takes over in time") {
    Site site;
    Machine second(site.world, site.ensemble, site.engine, "h1");
    site.run(two_with_one_name(site, second));
}

Async<void> displaced(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    auto const container = site.engine.containers()[0].info.id;
    // Somebody takes the name while it is connected, and reports.
    auto const id_path = layout::host_id("h1");
    std::vector<store::Op> ops{store::Remove{id_path}, store::Create{id_path, "OTHER"}};
    CHECK((co_await site.master->multi(std::move(ops))).has_value());
    auto const status_path = layout::status_job("h1", job.id.to_string());
    (co_await site.master->set(status_path, "theirs", store::any_version)).value();
    co_await site.sleep(1s);
    site.engine.die(container, 0);
    co_await site.undeploy(job);
    co_await site.sleep(5min);
    CHECK(site.engine.running() == 0);
    CHECK(site.engine.calls(Call::create) == 1);
    auto const status = co_await site.data(status_path);
    CHECK(status == "theirs");
}

TEST_CASE("agent: one that lost its name leaves containers and statuses alone") {
    Site site;
    site.run(displaced(site));
}

Async<void> deregistered(Site& site) {
    auto const job = job_named("web");
    site.h1.options.labels = {{"role", "web"}};
    site.h1.boot();
    co_await site.start(job);
    co_await site.remove_tree(layout::status_host("h1"));
    // All of it comes back: the host is seen, with its labels and what runs on it.
    co_await site.sleep(70s);
    for (auto const& path : {layout::status_up("h1"), layout::status_host_info("h1"),
                             layout::status_agent_info("h1"), layout::status_environment("h1")}) {
        INFO(path);
        auto const there = co_await site.exists(path);
        CHECK(there);
    }
    auto const labels = co_await site.data(layout::status_labels("h1"));
    CHECK(labels == R"({"role":"web"})");
    auto const status = co_await site.status(job);
    REQUIRE(status);
    CHECK(status->state == TaskState::running);
    CHECK(site.engine.calls(Call::create) == 1);
}

TEST_CASE("agent: when its status nodes are wiped it publishes all of them again") {
    Site site;
    site.run(deregistered(site));
}

Async<void> missing_config(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.h1.shut_down();
    site.h1.files.content.erase("/state/task-config.json");
    site.h1.boot();
    site.h1.store->set_online(false);
    co_await site.sleep(5min);
    CHECK(site.engine.running() == 1);
    site.engine.die(site.engine.containers()[0].info.id, 1);
    co_await site.sleep(2s);
    CHECK(site.engine.running() == 1);
    site.h1.store->set_online(true);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers().size() == 2);
}

TEST_CASE("agent: a lost snapshot of the desired tasks does not mean that there are none") {
    Site site;
    site.run(missing_config(site));
}

Async<void> never_registered(Site& site) {
    auto const job = job_named("web");
    co_await site.deploy(job);
    site.h1.boot();
    site.h1.store->set_online(false);
    co_await site.sleep(5min);
    CHECK(site.engine.calls(Call::create) == 0);
    site.h1.store->set_online(true);
    auto const running = co_await site.reaches(job, TaskState::running, 40s);
    CHECK(running);
}

TEST_CASE("agent: without a word from the cluster, ever, it does nothing until there is one") {
    Site site;
    site.run(never_registered(site));
}

Async<void> foreign_up(Site& site) {
    auto const stale = site.ensemble.connect();
    (co_await store::ensure_path(*site.master, layout::status_host("h1"))).value();
    (co_await stale->create(layout::status_up("h1"), "", store::CreateMode::ephemeral)).value();
    site.h1.boot();
    co_await site.sleep(2s);
    stale->expire();
    co_await site.sleep(2s);
    auto const up = co_await site.exists(layout::status_up("h1"));
    CHECK(up);
    (co_await site.master->remove(layout::status_up("h1"), store::any_version)).value();
    co_await site.sleep(2s);
    auto const again = co_await site.exists(layout::status_up("h1"));
    CHECK(again);
}

TEST_CASE("agent: the up node is its own, not one that another session left behind") {
    Site site;
    site.run(foreign_up(site));
}

Async<void> stray_statuses(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.sleep(1s);
    auto const stray = layout::status_job("h1", "ghost:1:0123456789abcdef0123456789abcdef01234567");
    co_await site.h1.shut_down();
    (co_await site.master->create(stray, "x", store::CreateMode::persistent)).value();
    co_await site.deploy(job);
    site.h1.boot();
    (void)co_await site.reaches(job, TaskState::running);
    auto const there = co_await site.exists(stray);
    CHECK(!there);
    // Whoever meddles with a status loses it to the truth within minutes.
    auto const path = layout::status_job("h1", job.id.to_string());
    (co_await site.master->set(path, "nonsense", store::any_version)).value();
    co_await site.sleep(11min);
    auto const status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
}

TEST_CASE("agent: its statuses in the tree become what they are here") {
    Site site;
    site.run(stray_statuses(site));
}

} // namespace
} // namespace heliosd::agent
