// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/executions.h"
#include "base/async/clock.h"
#include "docker/engine.h"
#include "store/store.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace heliosd::agent {

/// Which of the ids that containers of this engine bear is the one of this agent. `recorded`: the
/// id of each container that a status of this agent names, by container; `registered`: the id at
/// the host's name in the tree, which only confirms, because another agent may have taken the name.
std::optional<std::string> choose_agent_id(std::map<std::string, std::string> const& recorded,
                                           std::set<std::string> const& seen,
                                           std::optional<std::string> const& registered);

/// Restores the id of this agent, whose file is damaged, from the labels of its containers; nothing
/// when they do not tell. For the start: waits a few seconds at most for Docker and the tree.
Async<std::optional<std::string>> restore_agent_id(Clock& clock, docker::Engine& engine,
                                                   store::Store& store, std::string host,
                                                   Statuses statuses);

} // namespace heliosd::agent
