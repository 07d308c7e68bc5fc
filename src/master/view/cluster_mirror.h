// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/condition.h"
#include "base/async/rng.h"
#include "base/async/task_group.h"
#include "master/view/cluster_view.h"
#include "master/view/info_sweep.h"
#include "store/store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::master {

/// How far the view can be trusted.
struct Freshness {
    std::size_t loaded = 0, roots = 0;      ///< subtrees that have been read once, of how many
    std::optional<SteadyTime> silent_since; ///< ZooKeeper does not answer
    std::optional<SteadyTime> stale_since;  ///< the view may be older than the tree

    bool is_loaded() const { return loaded == roots; }
    bool is_current() const { return is_loaded() && !stale_since; }
};

/// Keeps the view true by following the tree. Reads are answered from it, also while ZooKeeper
/// cannot be reached: then with what was last known, and a header says so. Writes never decide from
/// it.
///
/// The master owns one and runs it in its task group.
class ClusterMirror {
public:
    ClusterMirror(Executor executor, store::Store& store, Clock& clock, Rng& rng);
    ~ClusterMirror();

    /// Follows until cancelled.
    Async<void> run();

    ClusterView const& view() const { return view_; }
    ChangeFeed& changes() { return feed_; }
    Freshness freshness() const;
    /// Suspends until the view has been complete once, up to `limit`; answers whether it has.
    Async<bool> wait_loaded(Duration limit);

    /// The fence: afterwards the view shows these nodes as they are now, or later. Answers whether
    /// that worked within `limit`; the view catches up by itself all the same.
    Async<bool> refresh(std::vector<std::string> paths, Duration limit);
    /// Before "not found" is answered: asks the ensemble, until `deadline`, whether the node is
    /// really absent, since another master may just have made it (spec/zookeeper.md B27). If it
    /// exists, the view shows it afterwards, a host with its whole subtree. Answers whether the
    /// view can be trusted on this.
    Async<bool> confirm_absence(std::string path, SteadyTime deadline);

private:
    struct Root {
        std::string path;
        std::shared_ptr<store::Follower> follower;
        bool loaded = false;
        std::optional<SteadyTime> failed_since; ///< its follower ended and has no successor yet
        /// What the follower has delivered and the view does not show yet, from `next` on.
        std::vector<store::Change> pending;
        std::size_t next = 0;
        std::int64_t zxid = 0; ///< the newest transaction of the batch that is pending
    };

    Async<void> body();
    Async<void> follow(std::size_t which);
    Async<Result<>> follow_once(std::size_t which);
    /// Asks the ensemble for a sign of life twice a second: a connection that hangs looks like one
    /// without news.
    Async<void> ping();
    Async<Result<>> until_loaded();
    Async<Result<>> read_and_apply(std::vector<std::string> paths);
    /// The followed nodes that belong to `path` and exist; none when it does not exist itself.
    Async<Result<std::vector<std::string>>> find_nodes(std::string path);
    /// Applies up to `most` pending changes; answers whether there are more.
    bool apply_pending(Root& root, std::size_t most);
    void apply(store::Change const& change, std::int64_t zxid);

    store::Store& store_;
    Clock& clock_;
    Rng& rng_;
    ClusterView view_;
    ChangeFeed feed_;
    std::vector<Root> roots_;
    SteadyTime last_answer_; ///< when the latest ping that was answered had been sent
    Condition root_loaded_;
    Condition applied_; ///< nothing is pending any more in one of the roots
    InfoSweep infos_;
    TaskGroup tasks_;
};

} // namespace heliosd::master
