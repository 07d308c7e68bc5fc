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

/// The content of the state directory, which stays locked for the lifetime of this object.
struct StateDirectory {
    std::unique_ptr<FileLock> lock;
    std::string path; ///< ends in `/`
    std::string id;   ///< empty when the file is damaged: to be restored or made anew
    Executions executions;
    bool are_executions_complete = false; ///< their file was there, and all of it was understood
    std::optional<Tasks> tasks; ///< nothing: no snapshot, which is not the same as no tasks
    Statuses statuses;
    History history;
    OwnState own;

    /// Whether an earlier process left tasks or executions: then its containers are supervised even
    /// while ZooKeeper is unreachable.
    bool has_snapshot() const { return tasks || !executions.empty(); }
    std::string file(std::string_view name) const { return path + std::string(name); }
};

/// The error with the option in front and, after a refusal of the system, a remedy at the end.
Error unusable_state_directory(Error const& error);

/// Whether the text can be the id of an agent: it becomes part of container names.
bool is_valid_agent_id(std::string_view text);
/// 40 hex digits, as the reference makes them.
std::string random_agent_id(Rng& rng);

/// Creates, locks and reads the directory (spec/agent.md §1.2, §2). A damaged file is copied aside
/// and logged, never treated as empty. Blocks; only for the start. Errors are for the user: a
/// directory that cannot be written, or is in use by another agent.
Result<StateDirectory> open_state_directory(AgentOptions const& options, WallTime now, Rng& rng,
                                            Files& files);

} // namespace heliosd::agent
