// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "docker/engine.h"
#include "model/job.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// From a job to the container that runs it (spec/agent.md §11.4–11.7). Nothing here talks to
/// Docker.
namespace heliosd::docker {

/// How containers of an agent are recognised, also when its state files are lost.
inline constexpr std::string_view agent_id_label = "helios.agent.id";
inline constexpr std::string_view job_id_label = "helios.job.id";

/// What the operator gave this agent for every container it makes.
struct AgentWide {
    std::string agent_name; ///< the host's name, in `HELIOS_PORT_…`
    std::string agent_id;
    std::map<std::string, std::string> env;
    std::vector<std::string> binds; ///< appended to the job's own
    std::vector<std::string> dns;
    std::vector<std::string> extra_hosts; ///< `host:ip`
};

/// The external port of each port name of the job, static and dynamic.
using PortAllocation = std::map<std::string, std::uint16_t>;

/// `helios-<agent id>-<name_version_hash7>_<random in hex>`. Error: an agent id with characters
/// that Docker refuses in names.
Result<std::string> container_name(std::string_view agent_id, model::JobId const& job,
                                   std::uint32_t random);

/// The variables of the container: the agent's, then the ports, then the job's; later ones win.
std::map<std::string, std::string> container_env(model::Job const& job, PortAllocation const& ports,
                                                 AgentWide const& agent);

/// The container for `job`. The job's labels are joined by the two above, which win.
ContainerSpec container_spec(model::Job const& job, PortAllocation const& ports,
                             AgentWide const& agent, std::string name);

/// The body of `POST /containers/create`. The name travels in the query.
json::Value create_request(ContainerSpec const& spec);

} // namespace heliosd::docker
