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

/// The passes are 30 s apart.
constexpr Duration next_pass = 31s;

Async<void> fail_to_start(Site& site, Call call) {
    auto const job = job_named("web");
    auto const other = job_named("other");
    site.h1.boot();
    co_await site.start(other);
    site.engine.throw_next(call);
    co_await site.deploy(job);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    auto const running = co_await site.reaches(job, TaskState::running, next_pass);
    CHECK(running);
    // The replacement has taken its place: it hears of a death.
    auto const status = co_await site.status(job);
    co_await site.sleep(11s);
    site.engine.die(status->container_id.value(), 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 2);
    auto const states = co_await site.history(other);
    CHECK(states.size() == 4);
}

TEST_CASE("agent: a supervisor that failed in a start is replaced, and the others do not notice") {
    for (auto const call : {Call::create, Call::start}) {
        Site site;
        site.run(fail_to_start(site, call));
    }
}

Async<void> fail_to_stop(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    site.engine.throw_next(Call::stop);
    co_await site.set_goal(job, Goal::stop);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
    auto const stopped = co_await site.reaches(job, TaskState::stopped, next_pass);
    CHECK(stopped);
    CHECK(site.engine.running() == 0);
}

TEST_CASE("agent: a supervisor that failed in a stop is replaced, and the stop is not forgotten") {
    Site site;
    site.run(fail_to_stop(site));
}

} // namespace
} // namespace heliosd::agent
