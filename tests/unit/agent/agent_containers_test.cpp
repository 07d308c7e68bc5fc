// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "support/catch.h"
#include "unit/agent/site.h"

// Containers that are left over, restarted by others, or whose fate is not known.
namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Site;

Async<void> many_deaths(Site& site) {
    auto const job = job_named("web");
    site.engine.add_image("busybox", {.dies_at_start = true});
    site.h1.boot();
    co_await site.deploy(job);
    co_await site.sleep(30min);
    CHECK(site.engine.calls(Call::create) > 50);
    CHECK(site.engine.containers().size() < 5);
    // The one that the status names is there, and so is its log.
    auto const status = co_await site.status(job);
    CHECK(site.engine.find(status->container_id.value()));
}

TEST_CASE("agent: dead containers are removed, except the last one of each job") {
    Site site;
    site.run(many_deaths(site));
}

Async<void> too_many_corpses(Site& site) {
    auto const job = job_named("web");
    for (int i = 0; i < 3000; ++i) {
        auto const id =
            site.engine.add_container({.name = "other-" + std::to_string(i), .image = "busybox"});
        site.engine.die(id, 0);
    }
    site.engine.set_list_limit(2000);
    site.h1.boot();
    co_await site.start(job);
    co_await site.h1.shut_down();
    site.h1.boot();
    co_await site.start(job_named("late"));
    CHECK(site.log.count("docker does not answer") == 0);
}

TEST_CASE("agent: thousands of dead containers on the host cost nothing") {
    Site site;
    site.run(too_many_corpses(site));
}

Async<void> crash_in_start(Site& site, Duration after) {
    auto const job = job_named("web");
    site.engine.set_latency(Call::create, 40ms);
    site.engine.set_latency(Call::start, 100ms);
    site.h1.boot();
    co_await site.sleep(1s);
    co_await site.deploy(job);
    co_await site.sleep(after);
    co_await site.h1.crash();
    site.h1.boot();
    auto const running = co_await site.reaches(job, TaskState::running);
    CHECK(running);
    co_await site.sleep(2min);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: killed in the middle of a deploy it goes on with what was created") {
    for (auto const after : {20ms, 60ms, 100ms, 150ms, 200ms}) {
        INFO(after.count());
        Site site;
        site.run(crash_in_start(site, after));
    }
}

Async<void> restart_by_hand(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(20s);
    site.engine.end_by_hand(container);
    co_await site.sleep(300ms);
    site.engine.start_by_hand(container);
    co_await site.sleep(5s);
    CHECK(site.engine.containers().size() == 1);
    auto const status = co_await site.status(job);
    CHECK(status->container_id == container);
    CHECK(status->state == TaskState::running);
    auto const states = co_await site.history(job);
    CHECK(states == std::vector<std::string>{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING",
                                             "EXITED", "RUNNING"});
    // One that only ends is replaced, a little later than usual.
    site.engine.end_by_hand(container);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 0);
    co_await site.sleep(2s);
    CHECK(site.engine.running() == 1);
}

TEST_CASE("agent: a docker restart by an operator is given two seconds before the replacement") {
    Site site;
    site.run(restart_by_hand(site));
}

Async<void> two_of_one_job(Site& site, bool is_seen) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const first = co_await site.start(job);
    co_await site.sleep(20s);
    site.engine.die(first, 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    site.engine.lose_events(!is_seen);
    site.engine.start_by_hand(first);
    site.engine.lose_events(false);
    CHECK(site.engine.running() == 2);
    co_await site.sleep(65s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::kill) == 0);
    auto const status = co_await site.status(job);
    CHECK(site.engine.find(status->container_id.value())->info.running);
    CHECK(status->container_id != first);
    CHECK(site.log.count("another container of its job runs") == 1);
}

TEST_CASE("agent: of two containers of a job the recorded one stays, the other is stopped gently") {
    for (bool const is_seen : {true, false}) {
        Site site;
        site.run(two_of_one_job(site, is_seen));
    }
}

Async<void> port_held_by_the_old_one(Site& site) {
    auto job = job_named("web");
    job.ports = {{"p", test::port(80, 8080)}};
    site.h1.boot();
    auto const first = co_await site.start(job);
    co_await site.sleep(5s);
    site.engine.die(first, 1);
    co_await site.sleep(500ms);
    // Its replacement is due in half a second, and will find the port taken.
    site.engine.lose_events(true);
    site.engine.start_by_hand(first);
    site.engine.lose_events(false);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    co_await site.sleep(40s);
    auto const status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
    CHECK(status->container_id == first);
}

TEST_CASE("agent: a task whose old container serves again does not stay FAILED for its port") {
    Site site;
    site.run(port_held_by_the_old_one(site));
}

Async<void> undeployed_and_started(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.undeploy(job);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 0);
    site.engine.start_by_hand(container);
    co_await site.sleep(45s);
    CHECK(site.engine.running() == 0);
    CHECK(site.log.count("no task of this host wants it") == 1);
}

TEST_CASE("agent: a container of a job that was undeployed does not stay") {
    Site site;
    site.run(undeployed_and_started(site));
}

Async<void> records_lost(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(5s);
    co_await site.h1.crash();
    site.h1.files.content.clear();
    co_await site.undeploy(job);
    site.h1.boot();
    co_await site.sleep(5min);
    CHECK(site.engine.running() == 1);
}

TEST_CASE("agent: with its records lost it stops no container that nobody knows") {
    Site site;
    site.run(records_lost(site));
}

Async<void> freeze_in_start(Site& site, Call call) {
    auto const job = job_named("web");
    site.engine.set_latency(Call::start, 200ms);
    site.h1.boot();
    co_await site.sleep(1s);
    site.engine.delay_next(call, 66s);
    co_await site.deploy(job);
    co_await site.sleep(120ms);
    co_await site.undeploy(job);
    co_await site.sleep(5min);
    CHECK(site.engine.running() == 0);
    auto const status = co_await site.status(job);
    CHECK(!status);
    for (auto const& container : site.engine.containers())
        CHECK(container.info.status != "created");
}

TEST_CASE("agent: an undeploy while a start may still take effect leaves nothing that runs") {
    for (auto const call : {Call::start, Call::create}) {
        Site site;
        site.run(freeze_in_start(site, call));
    }
}

Async<void> late_create(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.sleep(1s);
    site.engine.delay_next(Call::create, 45s);
    co_await site.deploy(job);
    auto const running = co_await site.reaches(job, TaskState::running, 2min);
    CHECK(running);
    co_await site.sleep(20s);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: a create that timed out is repeated under the same name") {
    Site site;
    site.run(late_create(site));
}

Async<void> network_gone(Site& site) {
    auto const job = job_named("web");
    Error const refused{EngineErrc::request, "network 42 not found"};
    site.engine.fail_next(Call::start, refused, 3);
    site.h1.boot();
    co_await site.deploy(job);
    auto const running = co_await site.reaches(job, TaskState::running, 1min);
    CHECK(running);
    CHECK(site.engine.calls(Call::create) == 2);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: a container whose start keeps failing is made anew") {
    Site site;
    site.run(network_gone(site));
}

Async<void> undeploy_never_started(Site& site) {
    auto job = job_named("web");
    job.ports = {{"p", test::port(80, 8080)}};
    site.engine.occupy_port(8080);
    site.h1.boot();
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    co_await site.undeploy(job);
    co_await site.sleep(5s);
    auto const status = co_await site.status(job);
    CHECK(!status);
    CHECK(site.engine.containers().empty());
}

TEST_CASE("agent: a container that never started is removed with its task") {
    Site site;
    site.run(undeploy_never_started(site));
}

Async<void> unreadable_container(Site& site, bool is_alive) {
    auto const job = job_named("web");
    Error const refused{EngineErrc::request, "RWLayer of container is unexpectedly nil"};
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(15s);
    site.engine.lose_events(true);
    if (!is_alive) site.engine.die(container, 1);
    site.engine.fail_next(Call::inspect, refused, 1);
    co_await site.h1.shut_down();
    site.h1.boot();
    co_await site.sleep(10s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.containers().size() == (is_alive ? 1 : 2));
    CHECK(site.log.count("docker cannot inspect the container") == 1);
}

TEST_CASE("agent: a container that Docker refuses to inspect is as the list shows it") {
    for (bool const is_alive : {true, false}) {
        Site site;
        site.run(unreadable_container(site, is_alive));
    }
}

Async<void> die_in_adoption(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    auto const container = co_await site.start(job);
    co_await site.sleep(15s);
    co_await site.h1.shut_down();
    site.h1.boot();
    auto const inspections = site.engine.calls(Call::inspect);
    site.engine.delay_answers(Call::inspect, 100ms);
    while (site.engine.calls(Call::inspect) == inspections) co_await site.sleep(1ms);
    co_await site.sleep(50ms);
    site.engine.die(container, 1);
    co_await site.sleep(2s);
    CHECK(site.engine.running() == 1);
}

TEST_CASE("agent: a death during the adoption is noticed at once") {
    Site site;
    site.run(die_in_adoption(site));
}

} // namespace
} // namespace heliosd::agent
