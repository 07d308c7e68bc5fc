// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "support/catch.h"
#include "unit/agent/site.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Site;
using States = std::vector<std::string>;

std::string started_at(Site& site, std::string const& container) {
    auto const* found = site.engine.find(container);
    return found && found->info.running ? found->info.started_at : "not running";
}

Async<void> restart(Site& site, bool crash, bool store_is_away) {
    auto job = job_named("web");
    job.ports = {{"http", test::port(80)}};
    site.h1.boot();
    auto const container = co_await site.start(job);
    auto const since = started_at(site, container);
    auto const ports = site.engine.find(container)->spec.ports[0].host_port;
    co_await site.sleep(60s);
    int const creates = site.engine.calls(Call::create);
    auto down = crash ? site.h1.crash() : site.h1.shut_down();
    co_await std::move(down);
    CHECK(started_at(site, container) == since);
    co_await site.sleep(30s);
    site.h1.boot();
    if (store_is_away) site.h1.store->set_online(false);
    co_await site.sleep(5s);
    auto const status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
    CHECK(status->container_id == container);
    CHECK(started_at(site, container) == since);
    CHECK(site.engine.calls(Call::create) == creates);
    if (!store_is_away) {
        auto const up = co_await site.exists(layout::status_up("h1"));
        CHECK(up);
    }
    // It is watched again: a death has consequences, on the same port.
    site.engine.die(container, 1);
    co_await site.sleep(50ms);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers()[1].spec.ports[0].host_port == ports);
}

TEST_CASE("agent: after a stop and a start it goes on with the same container and ports") {
    Site site;
    site.run(restart(site, false, false));
}

TEST_CASE("agent: after kill -9 it goes on with the same container and ports") {
    Site site;
    site.run(restart(site, true, false));
}

TEST_CASE("agent: a start without ZooKeeper goes on from the state directory") {
    Site site;
    site.run(restart(site, true, true));
}

Async<void> goal_changed_while_down(Site& site) {
    auto const stopped = job_named("stopped");
    auto const removed = job_named("removed");
    auto const dead = job_named("dead");
    site.h1.boot();
    co_await site.start(stopped);
    co_await site.start(removed);
    auto const corpse = co_await site.start(dead);
    co_await site.h1.shut_down();
    co_await site.set_goal(stopped, Goal::stop);
    co_await site.undeploy(removed);
    site.engine.die(corpse, 137);
    site.h1.boot();
    auto const has_stopped = co_await site.reaches(stopped, TaskState::stopped);
    CHECK(has_stopped);
    co_await site.sleep(1s);
    auto const left = co_await site.status(removed);
    CHECK(!left);
    auto const revived = co_await site.status(dead);
    CHECK(revived->state == TaskState::running);
    CHECK(revived->container_id != corpse);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::kill) == 0);
    auto const states = co_await site.history(stopped);
    CHECK(states ==
          States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "STOPPING", "STOPPED"});

    // What was stopped before is not announced anew by every restart.
    co_await site.h1.shut_down();
    site.h1.boot();
    co_await site.sleep(5s);
    auto const later = co_await site.history(stopped);
    CHECK(later == states);
}

TEST_CASE("agent: what changed while it was away is carried out, gently, at its start") {
    Site site;
    site.run(goal_changed_while_down(site));
}

Async<void> lose_state(Site& site, std::vector<std::string> lost) {
    auto job = job_named("web");
    job.ports = {{"http", test::port(80)}};
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(1s);
    co_await site.h1.crash();
    for (auto const& file : lost) site.h1.files.content.erase("/state/" + file);
    site.h1.boot();
    co_await site.sleep(5s);
    auto const status = co_await site.status(job);
    REQUIRE(status);
    CHECK(status->state == TaskState::running);
    CHECK(status->container_id == container);
    CHECK(status->ports.at("http").external_port ==
          site.engine.find(container)->spec.ports[0].host_port);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: with its state files lost it finds its container by the labels") {
    for (std::vector<std::string> const& lost :
         {std::vector<std::string>{"executions.json", "task-config.json", "task-status.json"},
          std::vector<std::string>{"executions.json"}, std::vector<std::string>{"task-status.json"},
          std::vector<std::string>{"task-config.json"}}) {
        Site site;
        site.run(lose_state(site, lost));
    }
}

Async<void> crash_between_create_and_record(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const first = co_await site.start(job);
    co_await site.sleep(1s);
    auto const before = site.h1.files.content;
    site.engine.die(first, 0);
    co_await site.sleep(1100ms);
    CHECK(site.engine.running() == 1);
    co_await site.h1.crash();
    site.h1.files.content = before; // the record still names the first one
    site.h1.boot();
    co_await site.sleep(5s);
    CHECK(site.engine.containers().size() == 2);
    auto const status = co_await site.status(job);
    CHECK(status->container_id == site.engine.containers()[1].info.id);
}

TEST_CASE("agent: a container started just before a crash is found though it was not recorded") {
    Site site;
    site.run(crash_between_create_and_record(site));
}

Async<void> docker_goes_away(Site& site) {
    auto const job = job_named("web");
    auto const late = job_named("late");
    site.h1.boot();
    auto const container = co_await site.start(job);
    auto const before = co_await site.history(job);
    site.engine.set_down(true);
    co_await site.sleep(30s);
    auto status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
    co_await site.deploy(late);
    auto const failed = co_await site.reaches(late, TaskState::failed);
    CHECK(failed);
    status = co_await site.status(late);
    CHECK(!status->container_error.empty());
    co_await site.sleep(120s);
    auto states = co_await site.history(late);
    CHECK(states == States{"PULLING_IMAGE", "FAILED"});

    site.engine.set_down(false);
    auto const running = co_await site.reaches(late, TaskState::running, 6s);
    CHECK(running);
    CHECK(started_at(site, container) != "not running");
    states = co_await site.history(job);
    CHECK(states == before);
}

TEST_CASE("agent: while Docker is away nothing changes, and a deploy waits for it") {
    Site site;
    site.run(docker_goes_away(site));
}

Async<void> die_unseen(Site& site, bool by_reconnect) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(20s);
    if (by_reconnect) {
        site.engine.set_down(true);
        co_await site.sleep(1s);
        site.engine.die(container, 1);
        site.engine.set_down(false);
        co_await site.sleep(6s);
    } else {
        site.engine.lose_events(true);
        site.engine.die(container, 1);
        co_await site.sleep(31s);
    }
    CHECK(site.engine.running() == 1);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "EXITED",
                           "PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

TEST_CASE("agent: a death during an outage of Docker is found when it is back") {
    Site site;
    site.run(die_unseen(site, true));
}

TEST_CASE("agent: a death that no event told of is found within half a minute") {
    Site site;
    site.run(die_unseen(site, false));
}

Async<void> removed_by_hand(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(20s);
    site.engine.lose_events(true);
    site.engine.destroy(container);
    co_await site.sleep(35s);
    CHECK(site.engine.running() == 1);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "FAILED",
                           "PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

TEST_CASE("agent: a container that somebody removed is replaced") {
    Site site;
    site.run(removed_by_hand(site));
}

Async<void> broken_call(Site& site, Call call) {
    auto const job = job_named("web");
    site.engine.break_next(call);
    site.h1.boot();
    co_await site.start(job);
    CHECK(site.engine.containers().size() == 1);
    CHECK(site.engine.running() == 1);
}

Async<void> found_and_started(Site& site) {
    auto const job = job_named("web");
    site.engine.break_next(Call::create);
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(15s);
    site.engine.die(container, 1);
    co_await site.sleep(50ms);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers().size() == 2);
}

TEST_CASE("agent: a container that was found created, and started then, is watched") {
    Site site;
    site.run(found_and_started(site));
}

Async<void> breaking_daemon(Site& site) {
    auto const job = job_named("web");
    Error const broken{EngineErrc::broken, "docker: connection reset by peer"};
    site.engine.fail_next(Call::start, broken, 10'000);
    site.h1.boot();
    co_await site.deploy(job);
    co_await site.sleep(60s);
    CHECK(site.engine.calls(Call::start) > 1);
    CHECK(site.engine.calls(Call::start) < 20);
}

TEST_CASE("agent: a daemon that breaks off every start is not asked without a pause") {
    Site site;
    site.run(breaking_daemon(site));
}

TEST_CASE("agent: a create whose answer was lost is looked for, not repeated") {
    Site site;
    site.run(broken_call(site, Call::create));
}

TEST_CASE("agent: a start whose answer was lost is looked at, not repeated") {
    Site site;
    site.run(broken_call(site, Call::start));
    CHECK(site.engine.calls(Call::start) == 1);
}

Async<void> image_vanishes(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(20s);
    site.engine.remove_image("busybox");
    site.engine.die(container, 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::pull) == 2);
}

TEST_CASE("agent: a restart pulls only when the image has gone") {
    Site site;
    site.run(image_vanishes(site));
}

Async<void> disk_full(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.sleep(1s);
    site.h1.files.fail_writes = "no space left on device";
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    auto const status = co_await site.status(job);
    CHECK(status->container_error ==
          "cannot write /state/executions.json: no space left on device");
    CHECK(site.engine.calls(Call::create) == 0);
    site.h1.files.fail_writes.clear();
    auto const running = co_await site.reaches(job, TaskState::running, 61s);
    CHECK(running);
}

TEST_CASE("agent: no container is created that the state directory does not know of") {
    Site site;
    site.run(disk_full(site));
}

} // namespace
} // namespace heliosd::agent
