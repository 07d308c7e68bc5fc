// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/reconcile.h"

#include "support/catch.h"
#include "unit/agent/jobs.h"

namespace heliosd::agent {
namespace {

using model::Goal;
using model::TaskState;
using test::job_named;
using test::port;

Result<Ports> no_ports(model::Job const&, std::set<int> const&) {
    return Ports{};
}

std::string id_of(std::string name) {
    return job_named(std::move(name)).id.to_string();
}

Tasks tasks_of(std::vector<std::pair<std::string, Goal>> list) {
    Tasks tasks;
    for (auto& [name, goal] : list) tasks[id_of(name)] = {.job = job_named(name), .goal = goal};
    return tasks;
}

Executions executions_of(std::vector<std::pair<std::string, Goal>> list) {
    Executions executions;
    for (auto& [name, goal] : list) executions[id_of(name)] = {job_named(name), Ports{}, goal};
    return executions;
}

TEST_CASE("agent: a new task becomes an execution with ports and gets a supervisor") {
    auto const plan = reconcile({.tasks = tasks_of({{"a", Goal::start}})}, no_ports);
    CHECK(plan.executions == executions_of({{"a", Goal::start}}));
    CHECK(plan.changed);
    CHECK(plan.create == std::vector{id_of("a")});
    CHECK(plan.goals.at(id_of("a")) == Goal::start);
}

TEST_CASE("agent: tasks that were never read undeploy nothing") {
    auto const plan = reconcile(
        {.executions = executions_of({{"a", Goal::start}}), .supervisors = {{id_of("a"), false}}},
        no_ports);
    CHECK(!plan.changed);
    CHECK(plan.goals.at(id_of("a")) == Goal::start);
    CHECK(plan.forget.empty());
}

TEST_CASE("agent: a task that is there and cannot be understood undeploys nothing") {
    auto const plan = reconcile({.tasks = Tasks{},
                                 .unparsable = {id_of("a")},
                                 .executions = executions_of({{"a", Goal::start}}),
                                 .supervisors = {{id_of("a"), false}}},
                                no_ports);
    CHECK(plan.goals.at(id_of("a")) == Goal::start);
    CHECK(!plan.changed);
}

TEST_CASE("agent: a task that is gone is undeployed, and forgotten once its supervisor is done") {
    ReconcileInput input{.tasks = Tasks{},
                         .executions = executions_of({{"a", Goal::start}}),
                         .supervisors = {{id_of("a"), false}}};
    auto plan = reconcile(input, no_ports);
    CHECK(plan.goals.at(id_of("a")) == Goal::undeploy);
    CHECK(plan.forget.empty());
    CHECK(plan.executions.at(id_of("a")).goal == Goal::undeploy);

    input.executions = plan.executions;
    input.supervisors[id_of("a")] = true;
    plan = reconcile(input, no_ports);
    CHECK(plan.release == std::vector{id_of("a")});
    CHECK(plan.forget == std::vector{id_of("a")});
    CHECK(plan.executions.empty());
    CHECK(plan.create.empty());
}

TEST_CASE("agent: a stopped execution keeps its ports and loses its supervisor") {
    auto const plan = reconcile({.tasks = tasks_of({{"a", Goal::stop}}),
                                 .executions = executions_of({{"a", Goal::stop}}),
                                 .supervisors = {{id_of("a"), true}}},
                                no_ports);
    CHECK(plan.release == std::vector{id_of("a")});
    CHECK(plan.executions.contains(id_of("a")));
    CHECK(plan.create.empty());
    CHECK(!plan.changed);
}

TEST_CASE("agent: a goal that turns back to start keeps the supervisor that just stopped") {
    auto const plan = reconcile({.tasks = tasks_of({{"a", Goal::start}}),
                                 .executions = executions_of({{"a", Goal::undeploy}}),
                                 .supervisors = {{id_of("a"), true}}},
                                no_ports);
    CHECK(plan.release.empty());
    CHECK(plan.goals.at(id_of("a")) == Goal::start);
}

TEST_CASE("agent: a task that is to be stopped and whose status says otherwise is inspected") {
    ReconcileInput input{.tasks = tasks_of({{"a", Goal::stop}}),
                         .executions = executions_of({{"a", Goal::stop}}),
                         .reported = {{id_of("a"), TaskState::failed}}};
    CHECK(reconcile(input, no_ports).create == std::vector{id_of("a")});
    input.reported[id_of("a")] = TaskState::stopped;
    CHECK(reconcile(input, no_ports).create.empty());
}

TEST_CASE("agent: the first pass looks at every execution, also at those to be stopped") {
    auto const plan = reconcile(
        {.tasks = tasks_of({{"a", Goal::start}, {"b", Goal::stop}}),
         .executions = executions_of({{"a", Goal::start}, {"b", Goal::start}, {"c", Goal::start}}),
         .first = true},
        no_ports);
    CHECK(plan.create == std::vector{id_of("a"), id_of("b"), id_of("c")});
    CHECK(plan.goals.at(id_of("b")) == Goal::stop);
    CHECK(plan.goals.at(id_of("c")) == Goal::undeploy);
    CHECK(plan.forget.empty());
}

TEST_CASE("agent: the job of an execution is not replaced by the task's") {
    auto tasks = tasks_of({{"a", Goal::stop}});
    tasks.at(id_of("a")).job.image = "other";
    auto const plan =
        reconcile({.tasks = tasks, .executions = executions_of({{"a", Goal::start}})}, no_ports);
    CHECK(plan.executions.at(id_of("a")).job == job_named("a"));
    CHECK(plan.executions.at(id_of("a")).goal == Goal::stop);
}

TEST_CASE("agent: ports of all executions count as used, and a failure is reported and retried") {
    auto executions = executions_of({{"old", Goal::undeploy}});
    executions.at(id_of("old")).ports = Ports{{"x", 20000}};
    std::vector<std::set<int>> asked;
    auto const allocate = [&](model::Job const& job, std::set<int> const& used) -> Result<Ports> {
        asked.push_back(used);
        if (job.id.name == "b") return fail(Errc::locked, "no free port");
        return Ports{{"y", 20001}};
    };
    auto const plan =
        reconcile({.tasks = tasks_of({{"a", Goal::start}, {"b", Goal::start}, {"c", Goal::stop}}),
                   .executions = executions,
                   .supervisors = {{id_of("old"), false}}},
                  allocate);
    CHECK(asked == std::vector<std::set<int>>{{20000}, {20000, 20001}, {20000, 20001}});
    CHECK(plan.without_ports == std::map<std::string, std::string>{{id_of("b"), "no free port"}});
    CHECK(!plan.executions.at(id_of("b")).ports);
    CHECK(plan.create == std::vector{id_of("a")});
    CHECK(plan.executions.at(id_of("c")).ports);
}

TEST_CASE("agent: a task that came and went while its ports were missing leaves nothing behind") {
    Executions executions{{id_of("a"), {job_named("a"), std::nullopt, Goal::start}}};
    auto const plan =
        reconcile({.tasks = Tasks{}, .executions = executions, .first = true}, no_ports);
    CHECK(plan.forget == std::vector{id_of("a")});
    CHECK(plan.executions.empty());
}

TEST_CASE("agent: a status without an execution is dropped, but not before the tasks are known") {
    ReconcileInput input{.executions = executions_of({{"a", Goal::start}}),
                         .reported = {{id_of("a"), TaskState::running},
                                      {id_of("gone"), TaskState::running},
                                      {id_of("odd"), TaskState::running}}};
    input.unparsable = {id_of("odd")};
    CHECK(reconcile(input, no_ports).forget.empty());
    input.tasks = tasks_of({{"a", Goal::start}});
    CHECK(reconcile(input, no_ports).forget == std::vector{id_of("gone")});
}

} // namespace
} // namespace heliosd::agent
