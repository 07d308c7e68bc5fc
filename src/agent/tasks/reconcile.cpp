// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/reconcile.h"

namespace heliosd::agent {
namespace {

using model::Goal;

void merge_goals(Executions& executions, Tasks const& tasks,
                 std::set<std::string> const& unparsable) {
    for (auto const& [id, task] : tasks) {
        auto const [place, is_new] =
            executions.try_emplace(id, Execution{task.job, std::nullopt, task.goal});
        if (!is_new) place->second.goal = task.goal;
    }
    for (auto& [id, execution] : executions)
        if (!tasks.contains(id) && !unparsable.contains(id)) execution.goal = Goal::undeploy;
}

void allocate_ports(Plan& plan, Allocate const& allocate) {
    std::set<int> used;
    for (auto const& [id, execution] : plan.executions)
        if (execution.ports)
            for (auto const& [name, number] : *execution.ports) used.insert(number);
    for (auto& [id, execution] : plan.executions) {
        if (execution.goal == Goal::undeploy || execution.ports) continue;
        auto ports = allocate(execution.job, used);
        if (!ports) {
            plan.without_ports[id] = ports.error().message;
            continue;
        }
        for (auto const& [name, number] : *ports) used.insert(number);
        execution.ports = std::move(*ports);
    }
}

} // namespace

Plan reconcile(ReconcileInput const& input, Allocate const& allocate) {
    Plan plan{.executions = input.executions};
    if (input.tasks) merge_goals(plan.executions, *input.tasks, input.unparsable);
    allocate_ports(plan, allocate);

    auto supervised = input.supervisors;
    for (auto const& [id, stopped] : input.supervisors) {
        auto const execution = plan.executions.find(id);
        // A supervisor that completed a stop is kept when the goal has become start since.
        bool const wanted =
            execution != plan.executions.end() && execution->second.goal == Goal::start;
        if (!stopped || wanted) continue;
        plan.release.push_back(id);
        supervised.erase(id);
    }

    for (auto execution = plan.executions.begin(); execution != plan.executions.end();) {
        auto const& [id, what] = *execution;
        bool has_supervisor = supervised.contains(id);
        bool const released = input.supervisors.contains(id) && !has_supervisor;
        // It was FAILED for want of ports, and has been stopped since.
        auto const status = input.reported.find(id);
        bool const is_outdated = what.goal == Goal::stop && status != input.reported.end() &&
                                 status->second != model::TaskState::stopped;
        bool const due = what.goal == Goal::start || ((input.first || is_outdated) && !released);
        if (!has_supervisor && what.ports && due) {
            plan.create.push_back(id);
            has_supervisor = true;
        }
        if (has_supervisor) plan.goals[id] = what.goal;
        if (what.goal == Goal::undeploy && !has_supervisor) {
            plan.forget.push_back(id);
            execution = plan.executions.erase(execution);
        } else {
            ++execution;
        }
    }
    // A crash between the writes of the two files can leave a status without its execution. Before
    // the tasks are known it may be the only record of a container.
    for (auto const& [id, state] : input.reported) {
        bool const is_owned = plan.executions.contains(id) || input.executions.contains(id) ||
                              input.unparsable.contains(id) || supervised.contains(id);
        if (input.tasks && !is_owned) plan.forget.push_back(id);
    }
    plan.changed = plan.executions != input.executions;
    return plan;
}

} // namespace heliosd::agent
