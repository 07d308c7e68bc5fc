// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/ports.h"
#include "docker/engine.h"
#include "model/job.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::agent {

/// Settings of every container of this agent, in addition to those of its job.
struct AgentIdentity {
    std::string name; ///< the host's name in the cluster
    std::string id;
    model::StringMap env;
    std::vector<std::string> dns, binds, extra_hosts;
};

/// Labels that identify the job of a container when the state files are lost.
inline constexpr std::string_view label_agent = "helios.agent.id";
inline constexpr std::string_view label_job = "helios.job.id";
/// The port allocation, `name=number` separated by commas. Set only for jobs with a dynamic port,
/// whose allocation cannot be derived from the job.
inline constexpr std::string_view label_ports = "helios.ports";

/// `helios-<agent id>-<name_version_hash7>_<hex>` (spec/agent.md §11.4).
std::string container_name(std::string_view agent_id, model::JobId const& job,
                           std::uint32_t random);
/// What the names of all containers of the agent, and of the job, begin with.
std::string container_name_prefix(std::string_view agent_id);
std::string container_name_prefix(std::string_view agent_id, model::JobId const& job);

/// The environment of a task: the agent's, `HELIOS_PORT_*`, the job's; later ones win (§11.5).
model::StringMap task_env(AgentIdentity const& agent, model::Job const& job, Ports const& ports);

/// The job's ports with their host ports filled in, as the status shows them (§7.1).
model::PortMap status_ports(model::Job const& job, Ports const& ports);

/// The container for one execution of a job (§11.6).
docker::ContainerSpec container_spec(AgentIdentity const& agent, model::Job const& job,
                                     Ports const& ports, std::string name);

/// The allocation recorded in the labels of a container; nothing when they do not fit the ports of
/// the job.
std::optional<Ports> ports_from_labels(model::Job const& job,
                                       std::map<std::string, std::string> const& labels);

} // namespace heliosd::agent
