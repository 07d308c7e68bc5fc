// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/tasks/task_machine.h"
#include "support/catch.h"

#include <optional>
#include <string>
#include <vector>

namespace heliosd::agent::test {

/// A machine, its time, and what it said last.
struct TaskDriver {
    SeededRng rng{5};
    SteadyTime now{std::chrono::hours{1}};
    TaskMachine machine;
    Turn last;
    std::vector<model::TaskState> states;

    explicit TaskDriver(model::Goal goal = model::Goal::start, bool is_recorded = false,
                        StopSettings settings = {})
        : machine(settings, goal,
                  is_recorded ? std::optional(Recorded{{.state = model::TaskState::running,
                                                        .goal = model::Goal::start,
                                                        .container = "c1"}})
                              : std::nullopt,
                  true, rng) {
        feed({});
    }

    Action feed(std::vector<TaskEvent> events) {
        last = machine.turn(std::move(events), now);
        for (auto const& report : last.reports) states.push_back(report.state);
        CHECK((!last.alarm || *last.alarm > now));
        return last.step.action;
    }
    Action fail(std::error_code code, std::string text = "refused") {
        return feed({event::Failed{{code, std::move(text)}}});
    }
    Action done() { return feed({event::Done{}}); }
    Action pulled() { return feed({event::Pulled{}}); }
    Action created(std::string id = "c1") { return feed({event::Created{std::move(id)}}); }
    Action changed(ContainerChange::Kind kind, std::string id = "c1", int code = 0) {
        return feed({event::Changed{{kind, std::move(id), code}}});
    }
    Action saw(ContainerState state, std::string id = "c1", Duration ran = Duration::zero()) {
        return feed(
            {event::Inspected{Observation{.id = std::move(id), .state = state, .ran = ran}}});
    }
    Action saw_none() { return feed({event::Inspected{}}); }
    Action goal(model::Goal goal) { return feed({event::GoalChanged{goal}}); }
    Action later(Duration length) {
        now += length;
        return feed({});
    }
    /// Follows the alarms until there is something to do.
    Action next_step() {
        for (int i = 0; i < 10 && last.step.action == Action::wait && last.alarm; ++i) {
            now = *last.alarm;
            feed({});
        }
        return last.step.action;
    }

    /// A task whose next call is this one.
    static TaskDriver at(Action action, model::Goal goal = model::Goal::start) {
        bool const is_recorded = action == Action::inspect || goal != model::Goal::start;
        TaskDriver driver(goal, is_recorded);
        if (action == Action::inspect) return driver;
        if (goal != model::Goal::start) {
            if (action == Action::remove) driver.saw(ContainerState::created);
            if (action == Action::stop || action == Action::kill)
                driver.saw(ContainerState::running);
            if (action == Action::kill) {
                driver.now += std::chrono::seconds{121};
                driver.done();
                driver.saw(ContainerState::running);
                driver.next_step();
            }
            CHECK(driver.last.step.action == action);
            return driver;
        }
        if (action == Action::pull) return driver;
        driver.pulled();
        if (action != Action::prepare) driver.done();
        if (action == Action::start) driver.created();
        CHECK(driver.last.step.action == action);
        return driver;
    }
    static TaskDriver running() {
        auto driver = at(Action::start);
        driver.done();
        return driver;
    }
};

} // namespace heliosd::agent::test
