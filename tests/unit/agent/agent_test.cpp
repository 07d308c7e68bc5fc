// SPDX-License-Identifier: Apache-2.0
#include "support/catch.h"
#include "unit/agent/site.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Site;
using States = std::vector<std::string>;

Async<void> start_one(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.deploy(job);
    auto const reached = co_await site.reaches(job, TaskState::running);
    CHECK(reached);
    auto const status = co_await site.status(job);
    auto const containers = site.engine.containers();
    REQUIRE(containers.size() == 1);
    CHECK(containers[0].info.running);
    CHECK(status->container_id == containers[0].info.id);
    CHECK(status->goal == Goal::start);
    CHECK(status->container_error.empty());
    CHECK(containers[0].info.name.starts_with("helios-AGENT1-web_1_0123456_"));
    CHECK(containers[0].info.labels.at("helios.agent.id") == "AGENT1");
    CHECK(containers[0].info.labels.at("helios.job.id") == job.id.to_string());
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

TEST_CASE("agent: a task is pulled, created, started and says so in exactly four states") {
    Site site;
    site.run(start_one(site));
    // What the deploy asked of Docker, in order and nothing else.
    std::vector<std::string> calls;
    for (auto const& line : site.engine.trace()) {
        auto const verb = line.substr(0, line.find(' '));
        if (verb == "pull" || verb == "create" || verb == "start" || verb == "inspect" ||
            verb == "has_image")
            calls.push_back(verb);
    }
    CHECK(calls == std::vector<std::string>{"pull", "create", "start"});
}

Async<void> start_without_history(Site& site) {
    auto const job = job_named("web");
    site.h1.options.history = false;
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(10s);
    auto const states = co_await site.history(job);
    CHECK(states.empty());
}

TEST_CASE("agent: history can be turned off") {
    Site site;
    site.run(start_without_history(site));
}

Async<void> die_while_stopping(Site& site) {
    auto job = job_named("web");
    job.grace_period = 30;
    job.ports["http"] = {.internal_port = 80, .external_port = 8080};
    site.engine.set_release(100ms);
    site.h1.boot();
    auto const first = co_await site.start(job);
    co_await site.sleep(10s);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(1s);
    site.engine.die(first, 0);
    co_await site.set_goal(job, Goal::start);
    co_await site.sleep(1s);
    auto const states = co_await site.history(job);
    CHECK(std::ranges::find(states, "FAILED") == states.end());
    CHECK(site.engine.running() == 1);
}

TEST_CASE("agent: one that dies while it is to be stopped holds its port no longer, either") {
    Site site;
    site.run(die_while_stopping(site));
}

Async<void> die_after(Site& site, Duration lived, Duration back_within, Duration not_before) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    auto const first = site.engine.containers()[0].info.id;
    co_await site.sleep(lived);
    int const pulls = site.engine.calls(Call::pull);
    site.engine.die(first, 0);
    if (not_before > 0s) {
        co_await site.sleep(not_before);
        CHECK(site.engine.running() == 0);
    }
    co_await site.sleep(back_within - not_before);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::pull) == pulls);
    auto const status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
    CHECK(status->container_id == site.engine.containers()[1].info.id);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "EXITED",
                           "PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

TEST_CASE("agent: a container that dies after ten seconds is back at once, without a pull") {
    Site site;
    site.run(die_after(site, 11s, 20ms, 0s));
}

TEST_CASE("agent: one that dies sooner waits a second") {
    Site site;
    site.run(die_after(site, 5s, 1100ms, 900ms));
}

Async<void> die_holding_a_port(Site& site) {
    auto job = job_named("web");
    job.ports["http"] = {.internal_port = 80, .external_port = 8080};
    site.engine.set_release(100ms);
    site.h1.boot();
    auto const first = co_await site.start(job);
    co_await site.sleep(10s);
    site.engine.die(first, 0);
    co_await site.sleep(1s);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "EXITED",
                           "PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

TEST_CASE("agent: a container that dies is followed by the next only when its ports are free") {
    Site site;
    site.run(die_holding_a_port(site));
}

Async<void> flap(Site& site) {
    auto const job = job_named("web");
    site.engine.add_image("busybox", {.dies_at_start = true});
    site.h1.boot();
    co_await site.deploy(job);
    co_await site.sleep(9s);
    auto status = co_await site.status(job);
    CHECK(status->throttled == model::Throttle::no);
    co_await site.sleep(3s);
    status = co_await site.status(job);
    CHECK(status->state == TaskState::exited);
    CHECK(status->throttled == model::Throttle::flapping);
    int const starts = site.engine.calls(Call::start);
    CHECK(starts == 10);
    co_await site.sleep(25s);
    CHECK(site.engine.calls(Call::start) == starts);
    // Now it lives: it leaves the throttle while it runs, without a restart.
    site.engine.add_image("busybox", {});
    auto const reached = co_await site.reaches(job, TaskState::running, 31s);
    CHECK(reached);
    co_await site.sleep(61s);
    status = co_await site.status(job);
    CHECK(status->state == TaskState::running);
    CHECK(status->throttled == model::Throttle::no);
    CHECK(site.engine.calls(Call::start) == starts + 1);
}

TEST_CASE("agent: ten early deaths are flapping, which ends while the container runs") {
    Site site;
    site.run(flap(site));
}

Async<void> miss_image(Site& site) {
    auto job = job_named("web");
    job.image = "nosuch:1";
    site.h1.boot();
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    auto const status = co_await site.status(job);
    CHECK(status->throttled == model::Throttle::image_missing);
    CHECK(!status->container_error.empty());
    CHECK(site.engine.calls(Call::create) == 0);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "FAILED/IMAGE_MISSING"});
    site.engine.set_pullable("nosuch:1");
    co_await site.sleep(110s);
    CHECK(site.engine.running() == 0);
    auto const reached = co_await site.reaches(job, TaskState::running, 15s);
    CHECK(reached);
    auto const later = co_await site.status(job);
    CHECK(later->throttled == model::Throttle::no);
    CHECK(later->container_error.empty());
}

TEST_CASE("agent: a missing image is named as such and looked for again after two minutes") {
    Site site;
    site.run(miss_image(site));
}

Async<void> fail_pull(Site& site) {
    auto const job = job_named("web");
    site.engine.remove_image("busybox");
    site.engine.set_pull_error("busybox:latest",
                               {docker::EngineErrc::pull_failed, "registry is down"});
    site.h1.boot();
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    auto status = co_await site.status(job);
    CHECK(status->throttled == model::Throttle::image_pull_failed);
    CHECK(status->container_error.find("registry is down") != std::string::npos);
    // With the image on the host, a registry that is down is no obstacle.
    site.engine.add_image("busybox");
    auto const reached = co_await site.reaches(job, TaskState::running, 32s);
    CHECK(reached);
}

TEST_CASE("agent: a failed pull is not a missing image, and matters only without a local one") {
    Site site;
    site.run(fail_pull(site));
}

Async<void> undeploy_one(Site& site) {
    auto const job = job_named("web");
    site.engine.add_image("busybox", {.ignores_term = true});
    site.h1.boot();
    auto impatient = job;
    impatient.seconds_to_wait_before_kill = 3;
    co_await site.start(impatient);
    co_await site.undeploy(job);
    auto const stopping = co_await site.reaches(job, TaskState::stopping);
    CHECK(stopping);
    co_await site.sleep(4s);
    CHECK(site.engine.running() == 0);
    auto const status = co_await site.status(job);
    CHECK(!status);
    CHECK(site.h1.files.content.at("/state/executions.json") == "{ }");
    CHECK(site.h1.files.content.at("/state/task-status.json") == "{ }");
    CHECK(site.h1.files.content.at("/state/task-config.json") == "{ }");
}

TEST_CASE("agent: an undeployed task is stopped, then nothing of it is left") {
    Site site;
    site.run(undeploy_one(site));
}

Async<void> clash_ports(Site& site) {
    auto first = job_named("first");
    auto second = job_named("second");
    first.ports = {{"p", test::port(80, 8080)}};
    second.ports = {{"p", test::port(80, 8080)}};
    site.h1.boot();
    co_await site.start(first);
    co_await site.deploy(second);
    auto const failed = co_await site.reaches(second, TaskState::failed);
    CHECK(failed);
    auto const status = co_await site.status(second);
    CHECK(status->container_error ==
          "unable to allocate ports: port \"p\": 8080 is held by another job on this host");
    co_await site.undeploy(first);
    auto const running = co_await site.reaches(second, TaskState::running, 40s);
    CHECK(running);
}

TEST_CASE("agent: a port that another job holds is a reported failure until it is free") {
    Site site;
    site.run(clash_ports(site));
}

Async<void> occupied_port(Site& site) {
    auto job = job_named("web");
    job.ports = {{"p", test::port(80, 8080)}};
    site.engine.occupy_port(8080);
    site.h1.boot();
    co_await site.deploy(job);
    auto const failed = co_await site.reaches(job, TaskState::failed);
    CHECK(failed);
    auto const status = co_await site.status(job);
    CHECK(!status->container_error.empty());
    co_await site.sleep(60s);
    // The container that was made is started again, not made again and again.
    CHECK(site.engine.containers().size() == 1);
    site.engine.free_port(8080);
    auto const running = co_await site.reaches(job, TaskState::running, 31s);
    CHECK(running);
    CHECK(site.engine.containers().size() == 1);
}

TEST_CASE("agent: a start that Docker refuses shows its reason and is tried again, slower") {
    Site site;
    site.run(occupied_port(site));
}

Async<void> start_fifty(Site& site) {
    site.engine.set_latency(Call::start, 100ms);
    site.h1.boot();
    for (int i = 0; i < 50; ++i) co_await site.deploy(job_named("job" + std::to_string(i)));
    co_await site.sleep(2s);
    CHECK(site.engine.running() == 50);
    // All wanted the same image at once: that is one pull.
    CHECK(site.engine.calls(Call::pull) < 10);
    for (int i = 0; i < 50; ++i) {
        auto const status = co_await site.status(job_named("job" + std::to_string(i)));
        REQUIRE(status);
        CHECK(status->state == TaskState::running);
    }
}

TEST_CASE("agent: fifty tasks start side by side") {
    Site site;
    site.run(start_fifty(site));
}

} // namespace
} // namespace heliosd::agent
