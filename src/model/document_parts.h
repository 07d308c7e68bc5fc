// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/field.h"
#include "model/host.h"

/// Documents inside other documents, read and written.
namespace heliosd::model {

PortMap read_ports(Field const& at);
SortedMap<ServicePorts> read_registration(Field const& at);
HealthCheck read_health_check(Field const& at);
Resources read_resources(Field const& at);
RolloutOptions read_rollout_options(Field const& at);
Job read_job(Field const& at);
Deployment read_deployment(Field const& at, bool strict);
TaskStatus read_task_status(Field const& at);
HostInfo read_host_info(Field const& at);
AgentInfo read_agent_info(Field const& at);

json::Value to_json(PortMapping const& port, Mode mode);
json::Value to_json(ServicePorts const& service, Mode mode);
json::Value to_json(HealthCheck const& check, Mode mode);
json::Value to_json(Resources const& resources, Mode mode);

} // namespace heliosd::model
