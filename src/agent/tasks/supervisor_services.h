// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/container_spec.h"
#include "agent/containers/images.h"
#include "agent/containers/inventory.h"
#include "agent/state/state_file.h"
#include "base/async/semaphore.h"
#include "model/task.h"

#include <functional>

namespace heliosd::agent {

/// What the supervisors of one agent share.
struct SupervisorServices {
    Executor executor;
    Clock& clock;
    Rng& rng;
    docker::Engine& engine;
    Inventory& inventory;
    Images& images;
    Semaphore& starts;     ///< how many creates and starts run at a time
    StateFile& executions; ///< on disk before a container is created
    AgentIdentity const& agent;
    std::function<void(model::TaskStatus)> publish; ///< takes note; never suspends
    std::function<void()> stop_completed;           ///< a supervisor has finished a stop
};

} // namespace heliosd::agent
