// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <string>
#include <string_view>

namespace heliosd::model {

/// What is wanted of a job on a host.
enum class Goal { start, stop, undeploy };
/// What its container does (spec/agent.md §7.2).
enum class TaskState {
    pulling_image,
    creating,
    starting,
    healthchecking,
    running,
    exited,
    stopping,
    stopped,
    failed,
    unknown,
};
/// Why the next start has to wait (spec/agent.md §8).
enum class Throttle { no, flapping, image_missing, image_pull_failed };

/// The constants of the documents: `START`, `PULLING_IMAGE`, `IMAGE_MISSING`, …
std::string_view to_string(Goal goal);
std::string_view to_string(TaskState state);
std::string_view to_string(Throttle throttle);

/// `strict` wants the exact constant; otherwise case, blanks and `-` are forgiven, as in requests
/// to the master (spec/job.md §2.3). Errors read `X was not one of [START, STOP, UNDEPLOY]`.
Result<Goal> goal_from_text(std::string_view text, bool strict);
Result<TaskState> task_state_from_text(std::string_view text);
Result<Throttle> throttle_from_text(std::string_view text);

/// Desired state of a job on a host, as ZooKeeper holds it (spec/job.md §8.3).
struct Task {
    Job job;
    Goal goal = Goal::start;
    std::optional<std::string> deployer_user, deployer_master, deployment_group_name;
    bool operator==(Task const&) const = default;
};
Result<Task> task_from_json(json::Value const& value);
json::Value to_json(Task const& task, Mode mode);

/// The same as the API shows and takes it (§8.2). Reading accepts `jobId` or `job`.
struct Deployment {
    std::optional<JobId> job_id;
    std::optional<Goal> goal;
    std::optional<std::string> deployer_user, deployer_master, deployment_group_name;
    bool operator==(Deployment const&) const = default;
};
/// `strict` as in `goal_from_text`.
Result<Deployment> deployment_from_json(json::Value const& value, bool strict);
json::Value to_json(Deployment const& deployment, Mode mode);
Deployment deployment_of(Task const& task);

/// What an agent reports of a job (§8.4).
struct TaskStatus {
    Job job;
    std::optional<Goal> goal;
    TaskState state = TaskState::unknown;
    std::optional<std::string> container_id;
    Throttle throttled = Throttle::no;
    PortMap ports;
    StringMap env;
    std::string container_error;
    bool operator==(TaskStatus const&) const = default;
};
Result<TaskStatus> task_status_from_json(json::Value const& value);
json::Value to_json(TaskStatus const& status, Mode mode);

/// One line of history (§8.5).
struct TaskStatusEvent {
    TaskStatus status;
    std::int64_t timestamp = 0; ///< ms since the epoch
    std::string host;
    bool operator==(TaskStatusEvent const&) const = default;
};
Result<TaskStatusEvent> task_status_event_from_json(json::Value const& value);
json::Value to_json(TaskStatusEvent const& event, Mode mode);

} // namespace heliosd::model
