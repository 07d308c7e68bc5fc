// SPDX-License-Identifier: Apache-2.0
#include "support/catch.h"
#include "unit/agent/tasks/task_driver.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::TaskState;
using model::Throttle;
using test::TaskDriver;

TEST_CASE("agent: what the failure of a call means") {
    struct Row {
        char const* why;
        Goal goal;
        Action call;
        std::error_code code;
        Action now;   ///< the next step without a pause, or wait
        Action later; ///< the next step after it
        std::optional<TaskState> said;
    };
    constexpr auto start = Goal::start;
    constexpr auto stop = Goal::stop;
    constexpr auto failed = TaskState::failed;
    Row const rows[] = {
        {"a daemon that is away tells nothing",
         start,
         Action::inspect,
         EngineErrc::unavailable,
         Action::wait,
         Action::inspect,
         {}},
        {"nor does one that breaks off",
         start,
         Action::inspect,
         EngineErrc::broken,
         Action::wait,
         Action::inspect,
         {}},
        {"a refused inspection is repeated",
         start,
         Action::inspect,
         EngineErrc::request,
         Action::wait,
         Action::inspect,
         {}},
        {"no disk, no container", start, Action::prepare, Errc::io, Action::wait, Action::prepare,
         failed},
        {"an image that was pulled and is not there", start, Action::create,
         EngineErrc::image_not_found, Action::wait, Action::pull, failed},
        {"no daemon: it is asked before anything is announced", start, Action::create,
         EngineErrc::unavailable, Action::wait, Action::ping, failed},
        {"a create without answer may have made one",
         start,
         Action::create,
         EngineErrc::timed_out,
         Action::inspect,
         Action::inspect,
         {}},
        {"also if it was our own limit",
         start,
         Action::create,
         Errc::timed_out,
         Action::inspect,
         Action::inspect,
         {}},
        {"a name that is taken is the one of an earlier call",
         start,
         Action::create,
         EngineErrc::conflict,
         Action::inspect,
         Action::inspect,
         {}},
        {"a refused create is tried again", start, Action::create, EngineErrc::request,
         Action::wait, Action::prepare, failed},
        {"a start without answer may have happened",
         start,
         Action::start,
         EngineErrc::broken,
         Action::inspect,
         Action::inspect,
         {}},
        {"a refused start may be due to another container of the job", start, Action::start,
         EngineErrc::request, Action::wait, Action::inspect, failed},
        {"a container that is gone is made anew", start, Action::start,
         EngineErrc::container_not_found, Action::wait, Action::prepare, failed},
        {"no daemon to start it", start, Action::start, EngineErrc::unavailable, Action::wait,
         Action::ping, failed},
        {"a stop that was not asked is asked when the daemon is back",
         stop,
         Action::stop,
         EngineErrc::unavailable,
         Action::wait,
         Action::inspect,
         {}},
        {"a stop without answer is looked into",
         stop,
         Action::stop,
         EngineErrc::timed_out,
         Action::inspect,
         Action::inspect,
         {}},
        {"a refused one too",
         stop,
         Action::stop,
         EngineErrc::request,
         Action::inspect,
         Action::inspect,
         {}},
        {"a failed kill too",
         stop,
         Action::kill,
         EngineErrc::request,
         Action::inspect,
         Action::inspect,
         {}},
        {"one that is gone needs no removal", stop, Action::remove, EngineErrc::container_not_found,
         Action::wait, Action::wait, TaskState::stopped},
        {"one that cannot be removed is left if it cannot run", stop, Action::remove,
         EngineErrc::request, Action::wait, Action::wait, TaskState::stopped},
        {"one that was started meanwhile is stopped",
         stop,
         Action::remove,
         EngineErrc::conflict,
         Action::wait,
         Action::inspect,
         {}},
        {"without a daemon the removal waits",
         stop,
         Action::remove,
         EngineErrc::unavailable,
         Action::wait,
         Action::remove,
         {}},
    };
    for (auto const& row : rows) {
        INFO(row.why);
        auto driver = TaskDriver::at(row.call, row.goal);
        driver.states.clear();
        CHECK(driver.fail(row.code) == row.now);
        CHECK(driver.states == (row.said ? std::vector{*row.said} : std::vector<TaskState>{}));
        CHECK(driver.next_step() == row.later);
    }
}

TEST_CASE("agent: what the outcome of a pull means") {
    struct Row {
        char const* why;
        std::error_code code;
        Throttle throttled;
        Duration pause;
        Action next;
    };
    Row const rows[] = {
        {"no such image", EngineErrc::image_not_found, Throttle::image_missing, 120s, Action::pull},
        {"no registry", EngineErrc::pull_failed, Throttle::image_pull_failed, 30s, Action::pull},
        {"a silent registry", EngineErrc::timed_out, Throttle::image_pull_failed, 30s,
         Action::pull},
        {"a fault of ours", Errc::closed, Throttle::no, 1s, Action::pull},
        {"no daemon", EngineErrc::unavailable, Throttle::no, 1s, Action::ping},
    };
    for (auto const& row : rows) {
        INFO(row.why);
        auto driver = TaskDriver::at(Action::pull);
        CHECK(driver.feed({event::Pulled{fail(row.code, "no")}}) == Action::wait);
        REQUIRE(driver.last.reports.size() == 1);
        CHECK(driver.last.reports[0].state == TaskState::failed);
        CHECK(driver.last.reports[0].throttled == row.throttled);
        CHECK(*driver.last.alarm - driver.now == row.pause);
        CHECK(driver.next_step() == row.next);
    }
}

TEST_CASE("agent: after an outage the daemon is asked before anything is announced") {
    auto driver = TaskDriver::at(Action::create);
    driver.fail(EngineErrc::unavailable);
    CHECK(driver.next_step() == Action::ping);
    driver.states.clear();
    CHECK(driver.fail(EngineErrc::unavailable) == Action::wait);
    CHECK(driver.feed({event::DaemonIsBack{}}) == Action::ping);
    CHECK(driver.states.empty());
    CHECK(driver.done() == Action::prepare);
    CHECK(driver.states == std::vector{TaskState::pulling_image, TaskState::creating});
}

TEST_CASE("agent: a create that is repeated uses the name of the one without answer") {
    auto driver = TaskDriver::at(Action::create);
    auto const attempt = driver.last.step.attempt;
    driver.fail(EngineErrc::timed_out);
    CHECK(driver.last.step.attempt == attempt);
    CHECK(driver.saw_none() == Action::prepare);
    CHECK(driver.done() == Action::create);
    CHECK(driver.last.step.attempt == attempt);
    // Taken, but by nothing that can be inspected: another name.
    driver.fail(EngineErrc::conflict);
    driver.next_step();
    driver.saw_none();
    CHECK(driver.next_step() == Action::prepare);
    CHECK(driver.done() == Action::create);
    CHECK(driver.last.step.attempt != attempt);
}

TEST_CASE("agent: a container that Docker refuses to inspect goes by the list") {
    Error const refused{EngineErrc::request, "RWLayer is unexpectedly nil"};
    for (auto const state : {ContainerState::running, ContainerState::ended}) {
        auto driver = TaskDriver::at(Action::inspect);
        auto const next = driver.feed({event::Failed{refused, state}});
        CHECK(next == (state == ContainerState::running ? Action::wait : Action::prepare));
    }
    // Without a list it says so in the end, once.
    auto driver = TaskDriver::at(Action::inspect);
    for (int i = 0; i < 10; ++i) {
        CHECK(driver.feed({event::Failed{refused}}) == Action::wait);
        CHECK(driver.next_step() == Action::inspect);
    }
    CHECK(driver.states == std::vector{TaskState::failed});
}

TEST_CASE("agent: a container whose start was refused three times is removed and made anew") {
    auto driver = TaskDriver::at(Action::start);
    for (int i = 0; i < 3; ++i) {
        CHECK(driver.last.step.action == Action::start);
        driver.fail(EngineErrc::request, "network 42 not found");
        CHECK(driver.next_step() == Action::inspect);
        if (driver.saw(ContainerState::created) == Action::prepare) driver.done();
    }
    CHECK(driver.last.step.action == Action::remove);
    CHECK(driver.done() == Action::prepare);
    CHECK(driver.done() == Action::create);
    driver.created("c2");
    CHECK(driver.done() == Action::wait);
    CHECK(driver.last.reports.back().error.empty());
}

TEST_CASE("agent: a start that may still take effect keeps the stop from being done") {
    auto driver = TaskDriver::at(Action::start);
    driver.fail(EngineErrc::timed_out);
    driver.goal(Goal::undeploy);
    CHECK(driver.saw(ContainerState::created) == Action::remove);
    driver.fail(EngineErrc::request, "cannot remove now");
    CHECK(!driver.machine.has_stopped());
    CHECK(driver.next_step() == Action::inspect);
    CHECK(driver.saw(ContainerState::running) == Action::stop);
    driver.done();
    driver.saw(ContainerState::ended);
    CHECK(driver.machine.has_stopped());
}

TEST_CASE("agent: what a list says of the recorded container says nothing of the attempt") {
    auto driver = TaskDriver::at(Action::inspect);
    driver.saw(ContainerState::ended);
    CHECK(driver.done() == Action::create);
    driver.fail(EngineErrc::timed_out);
    CHECK(driver.last.step.attempt);
    Error const refused{EngineErrc::request, "refused"};
    CHECK(driver.feed({event::Failed{refused, ContainerState::ended}}) == Action::wait);
    CHECK(driver.next_step() == Action::inspect);
}

} // namespace
} // namespace heliosd::agent
