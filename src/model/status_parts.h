// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/field.h"
#include "model/host.h"

/// Documents that stand inside the status documents, read.
namespace heliosd::model {

Deployment read_deployment(Field const& at, bool strict);
TaskStatus read_task_status(Field const& at);
HostInfo read_host_info(Field const& at);
AgentInfo read_agent_info(Field const& at);

} // namespace heliosd::model
