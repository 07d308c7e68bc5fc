// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/task.h"

namespace heliosd::model {

/// `GET /version` of a Docker daemon as documents carry it (spec/job.md §8.9).
struct DockerVersion {
    std::optional<std::string> api_version, arch, git_commit, go_version, kernel_version, os,
        version;
    bool operator==(DockerVersion const&) const = default;
};

/// The machine of an agent (§8.8). Sizes are bytes.
struct HostInfo {
    std::optional<std::string> hostname, uname, architecture, os_name, os_version;
    std::int64_t cpus = 0;
    double load_avg = 0; ///< over one minute
    std::int64_t memory_total = 0, memory_free = 0, swap_total = 0, swap_free = 0;
    std::optional<DockerVersion> docker_version; ///< absent while the daemon does not answer
    std::optional<std::string> docker_host, docker_cert_path;
    bool operator==(HostInfo const&) const = default;
};
Result<HostInfo> host_info_from_json(json::Value const& value);
json::Value to_json(HostInfo const& info, Mode mode);

/// The agent process (§8.10).
struct AgentInfo {
    std::vector<std::string> input_arguments;
    std::optional<std::string> name, spec_name, spec_vendor, spec_version, version, vm_name,
        vm_vendor, vm_version;
    std::int64_t start_time = 0; ///< ms since the epoch
    std::int64_t uptime = 0;     ///< ms
    bool operator==(AgentInfo const&) const = default;
};
Result<AgentInfo> agent_info_from_json(json::Value const& value);
json::Value to_json(AgentInfo const& info, Mode mode);

/// An object of strings: labels, environment (§8.11).
Result<StringMap> string_map_from_json(json::Value const& value);

/// All that is known of a host (§8.7).
struct HostStatus {
    SortedMap<Deployment> jobs;
    SortedMap<TaskStatus> statuses;
    bool up = false;
    std::optional<HostInfo> host_info;
    std::optional<AgentInfo> agent_info;
    StringMap environment, labels;
    bool operator==(HostStatus const&) const = default;
};
Result<HostStatus> host_status_from_json(json::Value const& value);
json::Value to_json(HostStatus const& status, Mode mode);

/// A job with its deployments and what is reported of them (§8.6).
struct JobStatus {
    std::optional<Job> job;
    SortedMap<TaskStatus> task_statuses;
    SortedMap<Deployment> deployments;
    bool operator==(JobStatus const&) const = default;
};
Result<JobStatus> job_status_from_json(json::Value const& value);
json::Value to_json(JobStatus const& status, Mode mode);

} // namespace heliosd::model
