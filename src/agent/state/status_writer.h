// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/executions.h"
#include "agent/state/state_file.h"
#include "base/async/auto_reset_event.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// Documents by job id.
using Documents = std::map<std::string, std::string, model::Utf16Less>;

/// The operations that make `remote` equal to `local` for the jobs of `changed`, at most `limit`
/// bytes at a time; the jobs they cover are removed from `changed`.
std::vector<store::Op> next_writes(std::string const& jobs_path, Documents const& local,
                                   Documents const& remote, std::set<std::string>& changed,
                                   std::size_t limit);

/// The agent's statuses: kept here and in `task-status.json`, copied to
/// `/status/hosts/<host>/jobs`, where they are written and never trusted (spec/zookeeper.md §9.4).
/// The agent owns it and runs `run` in its group. Between two writes the changes of a job are
/// coalesced; whenever the copy may differ it is compared as a whole.
class StatusWriter {
public:
    StatusWriter(StateFile::Services services, store::Store& store, std::string host,
                 std::string file);

    void load(Statuses statuses);
    model::TaskStatus const* find(std::string const& job) const;
    Statuses const& all() const { return statuses_; }
    void put(model::TaskStatus status);
    void remove(std::string const& job);

    /// Whether this agent may write below its host's name. Allowing starts with a comparison.
    void allow(bool allowed);
    /// Called when `/status/hosts/<host>/jobs` does not exist.
    void on_parent_missing(std::function<void()> callback) {
        on_parent_missing_ = std::move(callback);
    }

    Async<void> run();
    StateFile& file() { return file_; }

private:
    Async<Result<>> replicate();
    Async<Result<>> compare();

    Clock& clock_;
    store::Store& store_;
    std::string jobs_path_;
    Statuses statuses_;
    Documents local_;
    std::optional<Documents> remote_; ///< the copy in the tree; nothing when it is not known
    std::set<std::string> changed_;
    StateFile file_;
    Backoff backoff_;
    AutoResetEvent wake_;
    std::function<void()> on_parent_missing_;
    bool allowed_ = false;
    std::uint64_t epoch_ = 0; ///< incremented whenever `remote_` is invalidated
};

} // namespace heliosd::agent
