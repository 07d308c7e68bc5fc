// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/task.h"

#include <optional>
#include <string>

/// The requests and outcomes of a master's writes, as the API distinguishes them (spec/zookeeper.md
/// §5). Other failures (no connection, no permission, a bug) are an `Error` and become a 500.
namespace heliosd::master {

enum class AddJobOutcome { added, exists };
enum class RemoveJobOutcome { removed, not_found, forbidden, still_in_use };
enum class DeployOutcome {
    deployed,
    job_not_found,
    forbidden,
    host_not_found,
    already_deployed,
    port_conflict,
};
enum class SetGoalOutcome { set, not_deployed, forbidden, host_not_found };
enum class UndeployOutcome { undeployed, host_not_found, not_deployed, forbidden };
enum class RegisterOutcome { registered, other_id };
enum class DeregisterOutcome { removed, not_found };

struct DeployRequest {
    std::string host;
    model::JobId job;
    model::Goal goal = model::Goal::start;
    std::optional<std::string> user;
    std::string token;
};
struct SetGoalRequest {
    std::string host;
    model::JobId job;
    model::Goal goal = model::Goal::start;
    std::string token;
};
struct UndeployRequest {
    std::string host;
    model::JobId job;
    std::string token;
};

} // namespace heliosd::master
