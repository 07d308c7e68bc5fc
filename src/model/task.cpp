// SPDX-License-Identifier: Apache-2.0
#include "model/task.h"

#include "base/text.h"
#include "model/document_parts.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

constexpr std::array<std::string_view, 3> goals{"START", "STOP", "UNDEPLOY"};
constexpr std::array<std::string_view, 10> states{
    "PULLING_IMAGE", "CREATING", "STARTING", "HEALTHCHECKING", "RUNNING",
    "EXITED",        "STOPPING", "STOPPED",  "FAILED",         "UNKNOWN"};
constexpr std::array<std::string_view, 4> throttles{"NO", "FLAPPING", "IMAGE_MISSING",
                                                    "IMAGE_PULL_FAILED"};

/// The enumerator whose constant this is; enumerators and `constants` have the same order.
template <class Enum, std::size_t N>
Result<Enum> from_constant(std::string_view text, std::array<std::string_view, N> const& constants,
                           std::string_view original) {
    for (std::size_t i = 0; i < N; ++i) {
        if (constants[i] == text) return static_cast<Enum>(i);
    }
    return fail(Errc::invalid, fmt::format("{} was not one of [{}]", original,
                                           text::join({constants.begin(), constants.end()}, ", ")));
}

/// ` not-equals ` as `NOT_EQUALS`.
std::string forgiven(std::string_view text) {
    auto word = text::to_upper(text);
    std::erase_if(word, text::is_blank);
    std::ranges::replace(word, '-', '_');
    return word;
}

std::optional<Goal> read_goal(Field const& at, bool strict) {
    auto const text = at.text();
    return text ? at.unwrap(goal_from_text(*text, strict)) : std::nullopt;
}

Task read_task(Field const& at) {
    Task task;
    if (!at.is_object()) return task;
    task.job = read_job(at["job"]);
    auto const goal = at["goal"];
    if (goal.absent()) goal.expected("a goal");
    task.goal = read_goal(goal, true).value_or(Goal::start);
    task.deployer_user = at["deployerUser"].text();
    task.deployer_master = at["deployerMaster"].text();
    task.deployment_group_name = at["deploymentGroupName"].text();
    return task;
}

TaskStatusEvent read_task_status_event(Field const& at) {
    TaskStatusEvent event;
    if (!at.is_object()) return event;
    event.status = read_task_status(at["status"]);
    event.timestamp = at["timestamp"].int64().value_or(0);
    event.host = at["host"].text().value_or("");
    return event;
}

} // namespace

std::string_view to_string(Goal goal) {
    return goals[static_cast<std::size_t>(goal)];
}
std::string_view to_string(TaskState state) {
    return states[static_cast<std::size_t>(state)];
}
std::string_view to_string(Throttle throttle) {
    return throttles[static_cast<std::size_t>(throttle)];
}

Result<Goal> goal_from_text(std::string_view text, bool strict) {
    return from_constant<Goal>(strict ? std::string(text) : forgiven(text), goals, text);
}
Result<TaskState> task_state_from_text(std::string_view text) {
    return from_constant<TaskState>(text, states, text);
}
Result<Throttle> throttle_from_text(std::string_view text) {
    return from_constant<Throttle>(text, throttles, text);
}

Result<Task> task_from_json(json::Value const& value) {
    return read_document(value, read_task);
}

json::Value to_json(Task const& task, Mode mode) {
    json::Object out;
    out.append("job", to_json(task.job, mode));
    out.append("goal", to_string(task.goal));
    out.append("deployerUser", task.deployer_user);
    out.append("deployerMaster", task.deployer_master);
    out.append("deploymentGroupName", task.deployment_group_name);
    return finished(std::move(out), mode);
}

Deployment read_deployment(Field const& at, bool strict) {
    Deployment deployment;
    if (!at.is_object()) return deployment;
    deployment.goal = read_goal(at["goal"], strict);
    deployment.deployer_user = at["deployerUser"].text();
    deployment.deployer_master = at["deployerMaster"].text();
    deployment.deployment_group_name = at["deploymentGroupName"].text();
    deployment.job_id = at[at["jobId"].absent() ? "job" : "jobId"].job_id();
    return deployment;
}

Result<Deployment> deployment_from_json(json::Value const& value, bool strict) {
    return read_document(value, [&](Field const& at) { return read_deployment(at, strict); });
}

json::Value to_json(Deployment const& deployment, Mode mode) {
    json::Object out;
    out.append("goal", deployment.goal ? json::Value(to_string(*deployment.goal)) : nullptr);
    out.append("deployerUser", deployment.deployer_user);
    if (deployment.deployer_master) out.append("deployerMaster", deployment.deployer_master);
    if (deployment.deployment_group_name)
        out.append("deploymentGroupName", deployment.deployment_group_name);
    out.append("jobId", deployment.job_id ? json::Value(deployment.job_id->to_string()) : nullptr);
    return finished(std::move(out), mode);
}

Deployment deployment_of(Task const& task) {
    return {.job_id = task.job.id,
            .goal = task.goal,
            .deployer_user = task.deployer_user,
            .deployer_master = task.deployer_master,
            .deployment_group_name = task.deployment_group_name};
}

TaskStatus read_task_status(Field const& at) {
    TaskStatus status;
    if (!at.is_object()) return status;
    status.job = read_job(at["job"]);
    status.goal = read_goal(at["goal"], true);
    auto const state = at["state"];
    if (auto const text = state.text()) {
        status.state = state.unwrap(task_state_from_text(*text)).value_or(TaskState::unknown);
    } else {
        state.expected("a state");
    }
    status.container_id = at["containerId"].text();
    auto const throttled = at["throttled"];
    if (auto const text = throttled.text())
        status.throttled = throttled.unwrap(throttle_from_text(*text)).value_or(Throttle::no);
    status.ports = read_ports(at["ports"]);
    status.env = at["env"].text_map();
    status.container_error = at["containerError"].text().value_or("");
    return status;
}

Result<TaskStatus> task_status_from_json(json::Value const& value) {
    return read_document(value, read_task_status);
}

json::Value to_json(TaskStatus const& status, Mode mode) {
    json::Object out;
    out.append("job", to_json(status.job, mode));
    out.append("goal", status.goal ? json::Value(to_string(*status.goal)) : nullptr);
    out.append("state", to_string(status.state));
    out.append("containerId", status.container_id);
    out.append("throttled", to_string(status.throttled));
    out.append("ports", to_json(status.ports, mode));
    out.append("env", to_json(status.env));
    out.append("containerError", status.container_error);
    return finished(std::move(out), mode);
}

Result<TaskStatusEvent> task_status_event_from_json(json::Value const& value) {
    return read_document(value, read_task_status_event);
}

json::Value to_json(TaskStatusEvent const& event, Mode mode) {
    json::Object out;
    out.append("status", to_json(event.status, mode));
    out.append("timestamp", event.timestamp);
    out.append("host", event.host);
    return finished(std::move(out), mode);
}

} // namespace heliosd::model
