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

Async<void> stop_and_start(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.set_goal(job, Goal::stop);
    auto const stopped = co_await site.reaches(job, TaskState::stopped);
    CHECK(stopped);
    CHECK(site.engine.running() == 0);
    CHECK(site.engine.calls(Call::kill) == 0);
    CHECK(site.engine.containers().size() == 1);
    co_await site.set_goal(job, Goal::start);
    auto const running = co_await site.reaches(job, TaskState::running);
    CHECK(running);
    auto const states = co_await site.history(job);
    CHECK(states == States{"PULLING_IMAGE", "CREATING", "STARTING", "RUNNING", "STOPPING",
                           "STOPPED", "PULLING_IMAGE", "CREATING", "STARTING", "RUNNING"});
}

Async<void> turn_while_stopping(Site& site) {
    site.engine.add_image("busybox", {.stop_takes = 5s});
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(1s);
    co_await site.set_goal(job, Goal::start);
    co_await site.sleep(20s);
    CHECK(site.engine.containers().size() == 2);
    co_await site.set_goal(job, Goal::stop);
    auto const stopped = co_await site.reaches(job, TaskState::stopped);
    CHECK(stopped);
    CHECK(site.engine.calls(Call::stop) == 2);
    CHECK(site.engine.calls(Call::kill) == 0);
}

TEST_CASE("agent: a goal that turned during a stop does not make the next stop a kill") {
    Site site;
    site.run(turn_while_stopping(site));
}

TEST_CASE("agent: a stopped task keeps its container and its place, and can be started again") {
    Site site;
    site.run(stop_and_start(site));
}

Async<void> stop_without_docker(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    site.engine.set_down(true);
    co_await site.set_goal(job, Goal::stop);
    auto const stopping = co_await site.reaches(job, TaskState::stopping);
    CHECK(stopping);
    co_await site.sleep(60s);
    auto const status = co_await site.status(job);
    CHECK(status->state == TaskState::stopping);
    site.engine.set_down(false);
    auto const stopped = co_await site.reaches(job, TaskState::stopped, 6s);
    CHECK(stopped);
    CHECK(site.engine.calls(Call::kill) == 0);
}

TEST_CASE("agent: a stop waits for Docker, and is gentle then") {
    Site site;
    site.run(stop_without_docker(site));
}

Async<void> stop_unseen(Site& site) {
    auto job = job_named("web");
    job.grace_period = 30;
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(1s);
    co_await site.h1.shut_down();
    site.engine.set_down(true);
    site.h1.boot();
    co_await site.sleep(10s);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(5s);
    site.engine.set_down(false);
    co_await site.sleep(23s);
    CHECK(site.engine.running() == 1);
    auto const stopped = co_await site.reaches(job, TaskState::stopped, 3s);
    CHECK(stopped);
    CHECK(site.engine.calls(Call::kill) == 0);
}

TEST_CASE("agent: the grace period counts also while it cannot be seen whether it runs") {
    Site site;
    site.run(stop_unseen(site));
}

Async<void> turn_in_grace(Site& site) {
    auto job = job_named("web");
    job.grace_period = 30;
    site.h1.boot();
    co_await site.start(job);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(5s);
    co_await site.set_goal(job, Goal::start);
    auto const running = co_await site.reaches(job, TaskState::running, 1s);
    CHECK(running);
    co_await site.sleep(60s);
    CHECK(site.engine.running() == 1);
    CHECK(site.engine.calls(Call::stop) == 0);
}

TEST_CASE("agent: a stop that is taken back in the grace period leaves it running, and says so") {
    Site site;
    site.run(turn_in_grace(site));
}

} // namespace
} // namespace heliosd::agent
