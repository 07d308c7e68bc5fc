// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/executions.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// The input of one pass.
struct ReconcileInput {
    /// The desired tasks; nothing when they were never read, which is not the same as no tasks.
    std::optional<Tasks> tasks;
    /// Jobs whose task exists but cannot be parsed: their executions keep their goal.
    std::set<std::string> unparsable;
    Executions executions;
    /// Jobs that have a supervisor, and whether it has finished a stop.
    std::map<std::string, bool> supervisors;
    std::map<std::string, model::TaskState> reported; ///< jobs that have a status, and what it says
    /// The first pass after a start creates a supervisor for every execution whatever its goal, so
    /// that a container that should be stopped is inspected at once.
    bool first = false;
};

/// The decisions of one pass, in the order in which they are carried out.
struct Plan {
    Executions executions; ///< to be on disk before a supervisor creates a container
    bool changed = false;  ///< they differ from before
    std::map<std::string, std::string> without_ports; ///< and why: to be reported as FAILED
    std::vector<std::string> release;                 ///< supervisors whose stop is complete
    std::vector<std::string> create;                  ///< supervisors to create
    std::map<std::string, model::Goal> goals;         ///< for every supervisor there will be
    std::vector<std::string> forget; ///< jobs that are gone: their status is to be removed
};

/// Finds the ports of a job, given the numbers that other executions hold.
using Allocate = std::function<Result<Ports>(model::Job const& job, std::set<int> const& used)>;

/// One pass (spec/agent.md §4).
Plan reconcile(ReconcileInput const& input, Allocate const& allocate);

} // namespace heliosd::agent
