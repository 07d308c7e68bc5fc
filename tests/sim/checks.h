// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/cluster.h"
#include "sim/history.h"

#include <optional>
#include <string>

/// What must be true of a cluster that is left alone.
namespace heliosd::sim {

/// Containers, statuses and nodes as they follow from what is desired. Answers what is not so yet.
std::optional<std::string> find_difference(Cluster& cluster, History const& history);

/// Whether somebody wanted this container down: since shortly before it was made, its job was at
/// some moment not deployed on this host or not to run, or another container of the job runs.
bool is_stop_wanted(History const& history, DockerHost& host,
                    test::FakeEngine::Container const& container, SteadyTime created);

} // namespace heliosd::sim
