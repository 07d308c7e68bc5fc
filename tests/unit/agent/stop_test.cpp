// SPDX-License-Identifier: Apache-2.0
#include "site.h"
#include "support/catch.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;
using model::TaskState;
using test::Call;
using test::job_named;
using test::Site;

Async<void> stop_unseen(Site& site) {
    auto job = job_named("web");
    job.grace_period = 30;
    site.h1.boot();
    co_await site.deploy(job);
    (void)co_await site.reaches(job, TaskState::running);
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
    co_await site.deploy(job);
    (void)co_await site.reaches(job, TaskState::running);
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
