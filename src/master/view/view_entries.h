// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/job_table.h"
#include "model/host.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The values that the cluster view consists of. Every node is held once, in the form in which
/// answers need it: as document texts that only have to be concatenated. At 100,000 tasks that
/// decides between 200 MB and several times as much.
namespace heliosd::master {

/// A deployment: the goal of a job on a host, and who set it.
struct TaskEntry {
    JobPtr job;
    model::Goal goal = model::Goal::start;
    std::optional<std::string> deployer_user, deployer_master, deployment_group;
    std::string text; ///< the Deployment

    bool operator==(TaskEntry const&) const = default;
};
using TaskPtr = std::shared_ptr<TaskEntry const>;

/// What an agent reported of a job. Its document is `{"job":` + `job->text` + `,` + `rest`.
struct StatusEntry {
    JobPtr job;
    model::TaskState state = model::TaskState::unknown;
    std::string rest;

    bool operator==(StatusEntry const&) const = default;
};
using StatusPtr = std::shared_ptr<StatusEntry const>;

struct HostEntry {
    bool configured = false;                    ///< /config/hosts/<h> exists
    bool reported = false;                      ///< /status/hosts/<h> exists
    std::optional<std::string> registration_id; ///< /config/hosts/<h>/id: completely registered
    std::optional<std::int64_t> up;             ///< the transaction that created its `up` node
    model::SortedMap<TaskPtr> tasks;
    model::SortedMap<StatusPtr> statuses;
    model::StringMap labels;
    std::string environment = "{}"; ///< the documents
    std::string host_info = "null", agent_info = "null";
    std::uint64_t revision = 0; ///< of the latest change of any of these
};

/// A Task or TaskStatus from its node's data. The job inside is interned, not parsed.
Result<TaskPtr> read_task(JobTable& jobs, std::string_view data);
Result<StatusPtr> read_status(JobTable& jobs, std::string_view data);
Result<model::StringMap> read_labels(std::string_view data);
/// Documents as the API shows them.
Result<std::string> read_environment(std::string_view data);
Result<std::string> read_host_info(std::string_view data);
Result<std::string> read_agent_info(std::string_view data);

} // namespace heliosd::master
