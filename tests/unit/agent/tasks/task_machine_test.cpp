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
using Kind = ContainerChange::Kind;
using test::TaskDriver;

TEST_CASE("agent: the next step towards a running container") {
    TaskDriver driver;
    CHECK(driver.last.step.action == Action::pull);
    CHECK(driver.feed({}) == Action::wait); // while it is pulled there is nothing to do
    CHECK(driver.pulled() == Action::prepare);
    CHECK(driver.done() == Action::create);
    CHECK(driver.last.step.attempt);
    CHECK(driver.created("c1") == Action::start);
    CHECK(driver.last.step.container == "c1");
    CHECK(driver.done() == Action::wait);
    CHECK(!driver.last.alarm);
    CHECK(driver.states == std::vector{TaskState::pulling_image, TaskState::creating,
                                       TaskState::starting, TaskState::running});
}

TEST_CASE("agent: a recorded container is inspected first, whatever the goal") {
    for (auto const goal : {Goal::start, Goal::stop, Goal::undeploy})
        CHECK(TaskDriver(goal, true).last.step.action == Action::inspect);
}

TEST_CASE("agent: the next step after an inspection") {
    struct Row {
        char const* why;
        Goal goal;
        std::optional<ContainerState> seen;
        Action next;
    };
    Row const rows[] = {
        {"a running one is left alone", Goal::start, ContainerState::running, Action::wait},
        {"one that was made is started, not made again", Goal::start, ContainerState::created,
         Action::prepare},
        {"an ended one is replaced without a pull", Goal::start, ContainerState::ended,
         Action::prepare},
        {"so is one that is gone", Goal::start, std::nullopt, Action::prepare},
        {"gently first, whoever started it", Goal::stop, ContainerState::running, Action::stop},
        {"one that never ran is removed", Goal::undeploy, ContainerState::created, Action::remove},
        {"an ended one is done with", Goal::undeploy, ContainerState::ended, Action::wait},
        {"there is nothing to stop", Goal::stop, std::nullopt, Action::wait},
    };
    for (auto const& row : rows) {
        INFO(row.why);
        TaskDriver driver(row.goal, true);
        auto const next = row.seen ? driver.saw(*row.seen) : driver.saw_none();
        CHECK(next == row.next);
        CHECK(driver.machine.has_stopped() == (row.goal != Goal::start && next == Action::wait));
    }
}

TEST_CASE("agent: a stop whose answer was lost is asked again with the remaining seconds") {
    auto driver = TaskDriver::at(Action::stop, Goal::stop);
    CHECK(driver.last.step.grace == 120s);
    driver.now += 20s;
    driver.fail(EngineErrc::broken);
    driver.saw(ContainerState::running);
    CHECK(driver.next_step() == Action::stop);
    CHECK(driver.last.step.grace == 99s);
    driver.now += 98s;
    driver.fail(EngineErrc::unavailable);
    CHECK(driver.next_step() == Action::inspect);
    driver.saw(ContainerState::running);
    CHECK(driver.next_step() == Action::kill);
}

TEST_CASE("agent: a stop that never reached the daemon takes none of the container's time") {
    auto driver = TaskDriver::at(Action::stop, Goal::stop);
    driver.fail(EngineErrc::unavailable);
    driver.now += 10min;
    driver.feed({event::DaemonIsBack{}});
    driver.saw(ContainerState::running);
    CHECK(driver.next_step() == Action::stop);
    CHECK(driver.last.step.grace == 120s);
}

TEST_CASE("agent: with no time to end a container is still stopped before it is killed") {
    TaskDriver driver(Goal::stop, true, {.kill_after = 0s});
    driver.saw(ContainerState::running);
    CHECK(driver.last.step.action == Action::stop);
    CHECK(driver.last.step.grace == 0s);
    driver.done();
    driver.saw(ContainerState::running);
    CHECK(driver.next_step() == Action::kill);
}

TEST_CASE("agent: the grace period comes before the stop, and is taken back with it") {
    auto driver = TaskDriver::running();
    TaskDriver patient(Goal::start, true, {.grace_period = 30s});
    patient.saw(ContainerState::running);
    CHECK(patient.goal(Goal::stop) == Action::wait);
    CHECK(*patient.last.alarm - patient.now == 30s);
    CHECK(patient.states.back() == TaskState::stopping);
    CHECK(patient.goal(Goal::start) == Action::inspect);
    patient.saw(ContainerState::running);
    CHECK(patient.states.back() == TaskState::running);
    CHECK(driver.goal(Goal::stop) == Action::stop);
}

TEST_CASE("agent: a death is followed by the next container, sooner after a long run") {
    for (auto const& [ran, pause] : {std::pair(11s, 0s), std::pair(9s, 1s)}) {
        auto driver = TaskDriver::running();
        driver.now += ran;
        auto const next = driver.changed(Kind::died, "c1", 7);
        CHECK(driver.states.back() == (ran > 10s ? TaskState::creating : TaskState::exited));
        if (pause == 0s) {
            CHECK(next == Action::prepare);
        } else {
            CHECK(*driver.last.alarm - driver.now == pause);
            CHECK(driver.next_step() == Action::prepare);
        }
        driver.done();
        // The ports of the first may not be free yet.
        CHECK(driver.created("c2") == Action::await_release);
        CHECK(driver.last.step.container == "c1");
        CHECK(driver.done() == Action::start);
    }
}

TEST_CASE("agent: a death after somebody's signal is given two seconds") {
    auto driver = TaskDriver::running();
    driver.now += 20s;
    driver.changed(Kind::signalled);
    driver.now += 10s;
    CHECK(driver.changed(Kind::died) == Action::wait);
    CHECK(driver.states.back() == TaskState::exited);
    CHECK(*driver.last.alarm - driver.now == 2s);
    auto other = driver;
    CHECK(driver.changed(Kind::started) == Action::inspect);
    driver.saw(ContainerState::running);
    CHECK(driver.states.back() == TaskState::running);
    CHECK(other.next_step() == Action::inspect);
    CHECK(other.saw(ContainerState::ended) == Action::prepare);
}

TEST_CASE("agent: a signal long before the death has nothing to do with it") {
    auto driver = TaskDriver::running();
    driver.changed(Kind::signalled);
    driver.now += 1h;
    CHECK(driver.changed(Kind::died) == Action::prepare);
}

TEST_CASE("agent: what happens during a call is not lost, and not taken for what came after") {
    auto inspecting = TaskDriver::at(Action::inspect);
    Observation const running{.id = "c1", .state = ContainerState::running};
    auto next = inspecting.feed({event::Changed{{Kind::died, "c1", 1}}, event::Inspected{running}});
    CHECK(next == Action::inspect);
    inspecting.saw(ContainerState::running);
    CHECK(inspecting.states == std::vector{TaskState::running});

    auto starting = TaskDriver::at(Action::start);
    starting.states.clear();
    next = starting.feed({event::Changed{{Kind::died, "c1", 1}}, event::Done{}});
    CHECK(next == Action::wait);
    CHECK(starting.states == std::vector{TaskState::running, TaskState::exited});
    // Our own start says nothing new.
    auto reported = TaskDriver::at(Action::start);
    CHECK(reported.feed({event::Changed{{Kind::started, "c1"}}, event::Done{}}) == Action::wait);
    CHECK(reported.machine.is_running());
}

TEST_CASE("agent: a restart by others that falls into an inspection is awaited, too") {
    auto driver = TaskDriver::at(Action::inspect);
    Observation const ended{.id = "c1", .state = ContainerState::ended};
    auto const next = driver.feed({event::Changed{{Kind::signalled, "c1"}},
                                   event::Changed{{Kind::died, "c1"}}, event::Inspected{ended}});
    CHECK(next == Action::inspect);
    CHECK(driver.saw(ContainerState::ended) == Action::wait);
    CHECK(*driver.last.alarm - driver.now == 2s);
    CHECK(driver.changed(Kind::started) == Action::inspect);
}

TEST_CASE("agent: a container that is found during a stop has all of its time") {
    auto driver = TaskDriver::at(Action::stop, Goal::stop);
    driver.now += 100s;
    driver.done();
    CHECK(driver.saw(ContainerState::running, "c2") == Action::stop);
    CHECK(driver.last.step.container == "c2");
    CHECK(driver.last.step.grace == 120s);
}

TEST_CASE("agent: a stopped container that somebody starts is stopped again") {
    auto driver = TaskDriver::at(Action::stop, Goal::stop);
    driver.done();
    driver.saw(ContainerState::ended);
    CHECK(driver.machine.has_stopped());
    driver.states.clear();
    CHECK(driver.changed(Kind::started) == Action::inspect);
    CHECK(!driver.machine.has_stopped());
    CHECK(driver.saw(ContainerState::running) == Action::stop);
    driver.done();
    driver.saw(ContainerState::ended);
    CHECK(driver.states == std::vector{TaskState::stopping, TaskState::stopped});
}

TEST_CASE("agent: a restart by others is looked for in two seconds, however long the throttle") {
    auto driver = TaskDriver::running();
    for (int i = 0; i < 12; ++i) {
        driver.now += 1s;
        driver.changed(Kind::signalled);
        driver.changed(Kind::died);
        CHECK(*driver.last.alarm - driver.now == 2s);
        driver.now += 2s;
        CHECK(driver.feed({}) == Action::inspect);
        driver.saw(ContainerState::running);
    }
    CHECK(driver.last.reports.back().throttled == Throttle::flapping);
}

} // namespace
} // namespace heliosd::agent
