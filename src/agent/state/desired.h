// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/executions.h"
#include "agent/state/state_file.h"
#include "base/async/auto_reset_event.h"
#include "store/store.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// The desired tasks as read from the tree.
struct DesiredState {
    std::optional<Tasks> tasks; ///< nothing: never read, neither here nor by an earlier process
    /// Jobs whose task node has never been parsed successfully: desired, with an unknown goal.
    std::set<std::string> unparsable;
    bool host_exists = false;              ///< `/config/hosts/<host>/jobs` is there
    std::vector<std::string> parse_errors; ///< of tasks that kept their last value; for the log
    OwnState own;
};

/// Applies a batch. A missing host node does not mean that its tasks are gone, a task that cannot
/// be parsed keeps its last good value (spec/zookeeper.md §9.3), and orphans stay until they are
/// listed again.
void apply_batch(DesiredState& state, std::string const& jobs_path, store::Batch const& batch);

/// Why a task is no longer listed.
enum class Absence {
    undeployed, ///< it was removed, or the host with it
    lost,       ///< the cluster lost its data
};

/// `known`: the recorded identity of the parent node; `now`: its present stat, nothing when it does
/// not exist; `any_job_known`: the cluster still has one of the missing jobs.
///
/// A parent whose pzxid is older than the task was restored from a backup: a removal would have
/// raised it. In the same parent node an absent task can otherwise only have been removed. When the
/// parent is another node, only the jobs distinguish an operator who removed the host from a
/// cluster that lost its data.
Absence decide_absence(OwnState const& known, std::string const& job,
                       std::optional<store::Stat> const& now, bool any_job_known);

/// Follows `/config/hosts/<host>/jobs`, keeping `task-config.json` and `heliosd.json` up to date.
/// The content of the files is in force until the first read. The agent owns it and runs
/// `run` in its group.
class Desired {
public:
    Desired(StateFile::Services services, store::Store& store, std::string host, std::string file,
            std::string own_file);

    /// The snapshot of an earlier process, if there was one.
    void load(std::optional<Tasks> snapshot, OwnState own = {});
    std::optional<Tasks> const& tasks() const { return view_.tasks; }
    std::set<std::string> const& unparsable() const { return view_.unparsable; }
    /// Whether the tree has been read by this process.
    bool is_synced() const { return synced_; }
    /// Batches are applied only while allowed; until then they wait.
    void allow(bool allowed);
    void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }

    Async<void> run();
    StateFile& file() { return file_; }
    StateFile& own_file() { return own_file_; }

private:
    Async<Result<>> apply(store::Batch batch);
    Async<Result<std::vector<std::string>>> list();
    Async<Result<std::optional<store::Stat>>> exists(std::string path);
    Async<Result<bool>> is_any_job_known(std::set<std::string> jobs);

    store::Store& store_;
    Clock& clock_;
    std::string jobs_path_;
    DesiredState view_;
    StateFile file_, own_file_;
    AutoResetEvent allowed_changed_;
    std::function<void()> on_change_;
    bool allowed_ = false;
    bool synced_ = false;
};

} // namespace heliosd::agent
