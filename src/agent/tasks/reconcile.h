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

/// What one pass looks at.
struct World {
    /// What masters want; nothing when it was never read, which is not the same as wanting nothing.
    std::optional<Tasks> tasks;
    /// Jobs whose task is there but cannot be understood: their executions go on as they are.
    std::set<std::string> unclear;
    Executions executions;
    /// Jobs that have a supervisor, and whether it has finished a stop.
    std::map<std::string, bool> supervisors;
    /// The first pass after a start gives every execution a supervisor whatever its goal, so that a
    /// container that ought to be stopped is looked at once.
    bool first = false;
};

/// What one pass decides, in the order in which it is to be done.
struct Plan {
    Executions executions; ///< to be on disk before a supervisor creates a container
    bool changed = false;  ///< they differ from before
    std::map<std::string, std::string> without_ports; ///< and why: to be reported as FAILED
    std::vector<std::string> release;                 ///< supervisors whose stop is complete
    std::vector<std::string> create;                  ///< supervisors to make
    std::map<std::string, model::Goal> goals;         ///< for every supervisor there will be
    std::vector<std::string> forget; ///< jobs that are gone: their status is to be removed
};

/// Finds the ports of a job, given the numbers that other executions hold.
using Allocate = std::function<Result<Ports>(model::Job const& job, std::set<int> const& used)>;

/// One pass (spec/agent.md §4).
Plan reconcile(World const& world, Allocate const& allocate);

} // namespace heliosd::agent
