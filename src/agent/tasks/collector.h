// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/inventory.h"
#include "agent/tasks/cleanup.h"
#include "base/async/auto_reset_event.h"
#include "base/async/task_group.h"

#include <functional>
#include <set>
#include <string>

namespace heliosd::agent {

/// Stops and removes the containers that `plan_cleanup` finds, after every sweep of the inventory.
/// The agent owns it and runs `run` in its group.
class Collector {
public:
    /// Answers what a cleanup needs to know beside the containers; nothing while this agent does
    /// not act. Is asked again before each container is touched.
    using Query = std::function<std::optional<CleanupInput>()>;
    /// How long a container of this job may take to end.
    using StopTime = std::function<std::chrono::seconds(std::string const& job)>;

    Collector(Executor executor, Clock& clock, docker::Engine& engine, Inventory& inventory,
              Query query, StopTime stop_time);

    void wake() { wake_.set(); }
    Async<void> run();

private:
    Async<void> collect_repeatedly();
    Async<void> collect();
    Async<void> stop(StrayContainer stray);

    Clock& clock_;
    docker::Engine& engine_;
    Inventory& inventory_;
    Query query_;
    StopTime stop_time_;
    TaskGroup stops_;
    std::set<std::string> stopping_; ///< containers
    AutoResetEvent wake_;
    std::uint64_t deaths_ = 0; ///< of the inventory, when ended containers were listed last
};

} // namespace heliosd::agent
