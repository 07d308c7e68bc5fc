// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/options.h"
#include "agent/state/executions.h"
#include "base/async/clock.h"
#include "base/async/rng.h"
#include "base/files.h"

#include <memory>
#include <optional>
#include <string>

namespace heliosd::agent {

/// What an agent finds in its state directory, which stays locked for as long as this lives.
struct StateDirectory {
    std::unique_ptr<FileLock> lock;
    std::string path; ///< ends in `/`
    std::string id;
    Executions executions;
    std::optional<Tasks> tasks; ///< nothing when there is no snapshot: not the same as no tasks
    Statuses statuses;
    History history;
    OwnState own;

    /// Whether an earlier process has worked here for the cluster: then its containers are looked
    /// after even while ZooKeeper is out of reach.
    bool has_snapshot() const { return tasks || !executions.empty(); }
    std::string file(std::string_view name) const { return path + std::string(name); }
};

/// The error with the option in front and, when the system refused something, what to do behind.
Error unusable_state_directory(Error const& error);

/// Makes, locks and reads the directory (spec/agent.md §1.2, §2). What cannot be understood is set
/// aside beside the file and logged, never taken for "nothing". Blocks; only for the start. Errors
/// are for the user: a directory that cannot be written, or is in use by another agent.
Result<StateDirectory> open_state_directory(AgentOptions const& options, WallTime now, Rng& rng,
                                            Files& files);

} // namespace heliosd::agent
