// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/container_spec.h"
#include "agent/container_watch.h"
#include "agent/images.h"
#include "agent/slots.h"
#include "agent/state_file.h"
#include "model/task.h"

#include <functional>

namespace heliosd::agent {

/// What the supervisors of one agent share.
struct Workshop {
    Executor executor;
    Clock& clock;
    Rng& rng;
    docker::Engine& engine;
    ContainerWatch& watch;
    Images& images;
    Slots& starts;         ///< how many creates and starts run at a time
    StateFile& executions; ///< on disk before a container is created
    AgentIdentity const& agent;
    std::function<void(model::TaskStatus)> publish; ///< takes note; never suspends
    std::function<void()> stop_completed;           ///< look at the supervisors again
};

} // namespace heliosd::agent
