// SPDX-License-Identifier: Apache-2.0
#include "model/host.h"

#include "model/document_parts.h"

namespace heliosd::model {
namespace {

/// These documents are read by clients, so constants are exact.
Deployment read_shown_deployment(Field const& at) {
    return read_deployment(at, true);
}

void must_be_there(Field const& at, std::string_view what) {
    if (at.absent()) at.expected(what);
}

HostStatus read_host_status(Field const& at) {
    HostStatus status;
    if (!at.is_object()) return status;
    must_be_there(at["jobs"], "an object");
    must_be_there(at["statuses"], "an object");
    status.jobs = at["jobs"].map(read_shown_deployment);
    status.statuses = at["statuses"].map(read_task_status);
    auto const up = at["status"].text();
    status.up = up == "UP";
    if (up != "UP" && up != "DOWN") at["status"].expected("UP or DOWN");
    status.host_info = at["hostInfo"].optional(read_host_info);
    status.agent_info = at["agentInfo"].optional(read_agent_info);
    status.environment = at["environment"].text_map();
    status.labels = at["labels"].text_map();
    return status;
}

JobStatus read_job_status(Field const& at) {
    JobStatus status;
    if (!at.is_object()) return status;
    status.job = at["job"].optional(read_job);
    status.task_statuses = at["taskStatuses"].map(read_task_status);
    status.deployments = at["deployments"].map(read_shown_deployment);
    return status;
}

} // namespace

Result<HostStatus> host_status_from_json(json::Value const& value) {
    return read_document(value, read_host_status);
}

json::Value to_json(HostStatus const& status, Mode mode) {
    json::Object out;
    out.append("jobs", map_value(status.jobs, mode));
    out.append("statuses", map_value(status.statuses, mode));
    out.append("status", status.up ? "UP" : "DOWN");
    out.append("hostInfo", status.host_info ? to_json(*status.host_info, mode) : nullptr);
    out.append("agentInfo", status.agent_info ? to_json(*status.agent_info, mode) : nullptr);
    out.append("environment", to_json(status.environment));
    out.append("labels", to_json(status.labels));
    return finished(std::move(out), mode);
}

Result<JobStatus> job_status_from_json(json::Value const& value) {
    return read_document(value, read_job_status);
}

json::Value to_json(JobStatus const& status, Mode mode) {
    json::Object out;
    out.append("job", status.job ? to_json(*status.job, mode) : nullptr);
    out.append("taskStatuses", map_value(status.task_statuses, mode));
    out.append("deployments", map_value(status.deployments, mode));
    return finished(std::move(out), mode);
}

} // namespace heliosd::model
