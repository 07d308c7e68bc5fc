// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/container_table.h"
#include "model/task.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// A job of this host, as far as its containers are concerned.
struct JobUse {
    model::Goal goal = model::Goal::start;
    bool is_supervised = false;
    std::optional<std::string> container{}; ///< the supervisor's
    bool is_running = false;                ///< the supervisor knows that it runs
};

struct CleanupInput {
    SteadyTime now{};
    std::map<std::string, JobUse> jobs; ///< with an execution
    std::vector<ContainerRow> live;
    std::vector<ContainerRow> ended; ///< the newest first
    std::set<std::string> published; ///< container ids that a status names
    /// The desired tasks were read from the tree by this process.
    bool are_tasks_known = false;
    /// Containers first seen before this cannot be told from those of lost records.
    SteadyTime records_since{};
};

struct StrayContainer {
    std::string id, job;
    char const* why;
};

struct CleanupPlan {
    std::vector<StrayContainer> stop; ///< gently
    std::vector<std::string> remove;
};

/// Which containers of this agent are not needed: a second one of a running job, one of a job that
/// is stopped or has no execution, one that was created and never used, and ended ones except the
/// last of each job, whose log may still be read, and those that a status names.
CleanupPlan plan_cleanup(CleanupInput const& input);

} // namespace heliosd::agent
