// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "support/catch.h"
#include "unit/agent/site.h"

// What the agent writes down, here and in the tree, and what becomes of it when that fails.
namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Machine;
using test::Site;
using States = std::vector<std::string>;

Async<void> restart_on_full_disk(Site& site) {
    auto const old = job_named("old");
    auto const late = job_named("late");
    site.h1.boot();
    auto const container = co_await site.start(old);
    co_await site.sleep(15s);
    site.h1.files.fail_writes = "no space left on device";
    co_await site.deploy(late);
    auto const failed = co_await site.reaches(late, TaskState::failed);
    CHECK(failed);
    site.engine.die(container, 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::create) == 2);
}

TEST_CASE("agent: a full disk does not keep a job from restarting that is on it") {
    Site site;
    site.run(restart_on_full_disk(site));
}

Async<void> crash_between_files(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(1s);
    auto const with_status = site.h1.files.content.at("/state/task-status.json");
    co_await site.undeploy(job);
    co_await site.sleep(5s);
    co_await site.h1.crash();
    site.h1.files.content["/state/task-status.json"] = with_status;
    site.h1.boot();
    co_await site.sleep(10s);
    auto const status = co_await site.status(job);
    CHECK(!status);
    CHECK(site.h1.files.content.at("/state/task-status.json") == "{ }");
}

TEST_CASE("agent: a status whose execution is gone does not come back after a crash") {
    Site site;
    site.run(crash_between_files(site));
}

Async<void> damaged_id(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(1s);
    co_await site.h1.crash();
    site.h1.files.content["/state/id"] = std::string("AG\0NT1", 6);
    site.h1.boot("");
    co_await site.sleep(20s);
    CHECK(site.h1.files.content.at("/state/id") == "AGENT1");
    auto const id = co_await site.data(layout::host_id("h1"));
    CHECK(id == "AGENT1");
    auto const status = co_await site.status(job);
    CHECK(status->container_id == container);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: a damaged id is restored from the labels of its containers") {
    Site site;
    site.run(damaged_id(site));
}

Async<void> damaged_own_state(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(1s);
    co_await site.h1.crash();
    site.h1.files.content["/state/heliosd.json"] = "{\"form";
    site.h1.boot();
    co_await site.sleep(20s);
    CHECK(site.h1.is_up());
    CHECK(site.engine.running() == 1);
    co_await site.undeploy(job);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 0);
    CHECK(site.h1.files.content.at("/state/heliosd.json").starts_with("{\n  \"format\" : 1,\n"));
}

TEST_CASE("agent: a damaged heliosd.json is set aside, and everything goes on") {
    Site site;
    site.run(damaged_own_state(site));
    CHECK(site.log.count("/state/heliosd.json cannot be read, going on without it") == 1);
}

Async<void> write_options_once(Site& site) {
    site.h1.options.labels = {{"role", "web"}};
    site.h1.boot();
    co_await site.sleep(10min);
    auto const version_of = [&](std::string path) -> Async<int> {
        auto const stat = co_await site.master->exists(std::move(path));
        co_return stat.value().value().version;
    };
    auto const labels = co_await version_of(layout::status_labels("h1"));
    CHECK(labels == 0);
    auto const environment = co_await version_of(layout::status_environment("h1"));
    CHECK(environment == 0);
    auto const info = co_await version_of(layout::status_host_info("h1"));
    CHECK(info >= 9);
    // And after each registration.
    site.h1.store->set_online(false);
    co_await site.sleep(1s);
    site.h1.store->expire();
    site.h1.store->set_online(true);
    co_await site.sleep(2min);
    auto const again = co_await version_of(layout::status_labels("h1"));
    CHECK(again >= 1);
    CHECK(again <= 3);
}

TEST_CASE("agent: labels and environment are written once a registration") {
    Site site;
    site.run(write_options_once(site));
}

Async<void> adopt_and_say_so(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(5s);
    for (int round = 1; round <= 2; ++round) {
        co_await site.h1.shut_down();
        site.h1.boot();
        co_await site.sleep(5s);
    }
    auto const states = co_await site.history(job);
    CHECK(states ==
          States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "RUNNING", "RUNNING"});
}

TEST_CASE("agent: an adopted container is reported RUNNING once by each process") {
    Site site;
    site.run(adopt_and_say_so(site));
}

Async<void> held_batch(Site& site, Machine& second) {
    auto const old = job_named("old");
    site.h1.boot("FIRST");
    co_await site.start(old);
    second.boot("SECOND");
    co_await site.sleep(5s);
    co_await site.undeploy(old);
    co_await site.sleep(5s);
    co_await site.h1.shut_down();
    auto const before = co_await site.history(old);
    co_await site.sleep(15min);
    auto const id = co_await site.data(layout::host_id("h1"));
    CHECK(id == "SECOND");
    auto const after = co_await site.history(old);
    CHECK(after == before);
    co_await site.start(job_named("new"));
    co_await second.shut_down();
}

TEST_CASE("agent: tasks that were read while the name was refused are not acted on later") {
    Site site;
    Machine second(site.world, site.ensemble, site.engine, "h1");
    site.run(held_batch(site, second));
}

Async<void> fail_twice(Site& site) {
    auto const job = job_named("web");
    site.engine.fail_next(Call::start, {EngineErrc::request, "runc: no such file"}, 1);
    site.engine.fail_next(Call::start, {EngineErrc::request, "port is in use"}, 10);
    site.h1.boot();
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    auto status = co_await site.status(job);
    CHECK(status->container_error == "runc: no such file");
    co_await site.sleep(5s);
    status = co_await site.status(job);
    CHECK(status->container_error == "runc: no such file; then: port is in use");
}

TEST_CASE("agent: the first cause of a failure stays beside the last") {
    Site site;
    site.run(fail_twice(site));
}

Async<void> drain_over_daemon_restart(Site& site, std::optional<int> wait, Duration ends_after) {
    auto job = job_named("web");
    job.seconds_to_wait_before_kill = wait;
    site.engine.add_image("busybox", {.ignores_term = true});
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(1s);
    site.engine.set_down(true);
    co_await site.sleep(3s);
    site.engine.set_down(false);
    co_await site.sleep(ends_after - 6s);
    CHECK(site.engine.find(container)->info.running);
    CHECK(site.engine.calls(Call::kill) == 0);
    auto const stopped = co_await site.reaches(job, TaskState::stopped, 12s);
    CHECK(stopped);
    CHECK(site.engine.calls(Call::stop) >= 2);
}

TEST_CASE("agent: a stop that was broken off is asked again with the time that is left") {
    Site site;
    site.run(drain_over_daemon_restart(site, 60, 60s));
}

TEST_CASE("agent: a negative time before the kill is the default") {
    Site site;
    site.run(drain_over_daemon_restart(site, -5, 120s));
}

Async<void> refuse_stop(Site& site) {
    auto job = job_named("web");
    job.seconds_to_wait_before_kill = 60;
    site.engine.fail_next(Call::stop, {EngineErrc::request, "cannot signal"}, 2);
    site.engine.add_image("busybox", {.stop_takes = 20s});
    site.h1.boot();
    co_await site.start(job);
    co_await site.set_goal(job, Goal::stop);
    auto const stopped = co_await site.reaches(job, TaskState::stopped, 40s);
    CHECK(stopped);
    CHECK(site.engine.calls(Call::kill) == 0);
}

TEST_CASE("agent: a stop that was refused does not make the next one a kill") {
    Site site;
    site.run(refuse_stop(site));
}

} // namespace
} // namespace heliosd::agent
