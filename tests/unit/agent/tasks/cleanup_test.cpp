// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/cleanup.h"

#include "support/catch.h"

#include <algorithm>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;

constexpr SteadyTime now{1h};

ContainerRow row(std::string id, ContainerState state, Duration age, std::string job = "job") {
    return {.id = std::move(id), .job = std::move(job), .state = state, .since = now - age};
}

TEST_CASE("agent: which live containers are not needed") {
    struct Row {
        char const* why;
        std::optional<JobUse> use;
        ContainerRow container;
        bool are_tasks_known, stop, remove;
    };
    JobUse const runs{.is_supervised = true, .container = "mine", .is_running = true};
    JobUse const starts{.is_supervised = true, .container = "mine"};
    JobUse const stops{.goal = Goal::stop, .is_supervised = true, .container = "mine"};
    JobUse const waits{};
    JobUse const stopped{.goal = Goal::stop};
    auto const running = ContainerState::running;
    auto const created = ContainerState::created;
    Row const rows[] = {
        {"the task's own", runs, row("mine", running, 5min), true, false, false},
        {"a second one of the job", runs, row("other", running, 1s), true, true, false},
        {"it may be adopted", starts, row("other", running, 5min), true, false, false},
        {"the supervisor stops it", stops, row("mine", running, 5min), true, false, false},
        {"nobody else stops that one", stops, row("other", running, 1s), true, true, false},
        {"a job without ports runs on", waits, row("other", running, 5min), true, false, false},
        {"its job was stopped", stopped, row("mine", running, 1s), true, true, false},
        {"nobody wants it", {}, row("other", running, 20s), true, true, false},
        {"it may be a moment early", {}, row("other", running, 9s), true, false, false},
        {"nothing is known of the tasks", {}, row("other", running, 5min), false, false, false},
        {"older than the records", {}, row("other", running, 50min), true, false, false},
        {"made and never used", runs, row("other", created, 61s), true, false, true},
        {"maybe of the attempt under way", starts, row("other", created, 5min), true, false, false},
        {"maybe just made", runs, row("other", created, 59s), true, false, false},
        {"nobody will start it", {}, row("other", created, 61s), true, false, true},
        {"about to be started", runs, row("mine", created, 5min), true, false, false},
    };
    for (auto const& each : rows) {
        INFO(each.why);
        CleanupInput input{.now = now,
                           .live = {each.container},
                           .are_tasks_known = each.are_tasks_known,
                           .records_since = now - 30min};
        if (each.use) input.jobs["job"] = *each.use;
        auto const plan = plan_cleanup(input);
        CHECK(plan.stop.size() == (each.stop ? 1 : 0));
        CHECK(plan.remove.size() == (each.remove ? 1 : 0));
    }
}

TEST_CASE("agent: of ended containers the last of each job stays, and what a status names") {
    auto const ended = [](std::string id, std::string job, std::string name = "") {
        return ContainerRow{.id = std::move(id),
                            .name = std::move(name),
                            .job = std::move(job),
                            .state = ContainerState::ended};
    };
    CleanupInput input{.now = now};
    input.ended = {ended("a3", "a"),
                   ended("b2", "b"),
                   ended("a2", "a"),
                   ended("a1", "a"),
                   ended("b1", "b"),
                   ended("x2", "", "helios-ID-old_1_77"),
                   ended("x1", "", "helios-ID-old_1_33"),
                   ended("y1", "", "helios-ID-y_1_33")};
    input.published = {"b1"};
    input.jobs["a"] = {.is_supervised = true, .container = "a2"};
    CHECK(plan_cleanup(input).remove == std::vector<std::string>{"a1", "x1"});
}

} // namespace
} // namespace heliosd::agent
