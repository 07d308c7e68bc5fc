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

/// Desired tasks as they are learnt from the tree.
struct DesiredPicture {
    std::optional<Tasks> tasks; ///< nothing: never read, here or by an earlier process
    /// Jobs that have a task which cannot be read, and never could: wanted, but it is not known
    /// how.
    std::set<std::string> unclear;
    bool host_exists = false;            ///< `/config/hosts/<host>/jobs` is there
    std::vector<std::string> unreadable; ///< why a task kept its last value; for the log
    OwnState own;
};

/// Applies a batch. Only a list that was read says that a task is gone: a missing host does not,
/// and a task that cannot be understood keeps its last good value (spec/zookeeper.md §9.3), as
/// orphans do until they are listed again.
void apply_batch(DesiredPicture& picture, std::string const& jobs_path, store::Batch const& batch);

/// Why tasks are no longer on the list.
enum class Absence {
    undeployed, ///< somebody removed them, or the host with them
    lost,       ///< the cluster lost its data
};

/// `known`: what is remembered of the list the job stood on; `now`: the list as it is, nothing when
/// there is none; `any_job_known`: the cluster still has one of the jobs that are missing.
///
/// A list that is older than the task was set back with a backup: a removal would have made it
/// younger. On the list the task stood on it can else only have been removed. When that list is
/// gone, so is the host's history, and only the jobs tell an operator who removed the host from a
/// cluster that knows nothing any more.
Absence decide_absence(OwnState const& known, std::string const& job,
                       std::optional<store::Stat> const& now, bool any_job_known);

/// Follows `/config/hosts/<host>/jobs`, keeping `task-config.json` and `heliosd.json` up to date.
/// What the files said at the start is in force until the first read. The agent owns it and runs
/// `run` in its group.
class Desired {
public:
    Desired(StateFile::Services services, store::Store& store, std::string host, std::string file,
            std::string own_file);

    /// The snapshot of an earlier process, if there was one.
    void load(std::optional<Tasks> snapshot, OwnState own = {});
    std::optional<Tasks> const& tasks() const { return view_.tasks; }
    std::set<std::string> const& unclear() const { return view_.unclear; }
    /// Whether the tree has been read by this process.
    bool is_synced() const { return synced_; }
    /// Only while allowed are changes taken in; until then they wait.
    void allow(bool allowed);
    void on_change(std::function<void()> hear) { on_change_ = std::move(hear); }

    Async<void> run();
    StateFile& file() { return file_; }
    StateFile& own_file() { return own_file_; }

private:
    Async<Result<>> take_in(store::Batch batch);
    Async<Result<std::vector<std::string>>> list();
    Async<Result<std::optional<store::Stat>>> exists(std::string path);
    Async<Result<bool>> is_any_job_known(std::set<std::string> jobs);

    store::Store& store_;
    Clock& clock_;
    std::string jobs_path_;
    DesiredPicture view_;
    StateFile file_, own_file_;
    AutoResetEvent allowed_changed_;
    std::function<void()> on_change_;
    bool allowed_ = false;
    bool synced_ = false;
};

} // namespace heliosd::agent
