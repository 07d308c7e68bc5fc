// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/clock.h"
#include "base/async/condition.h"
#include "base/async/rng.h"
#include "base/async/task_group.h"
#include "master/view/cluster_view.h"
#include "store/store.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace heliosd::master {

/// Keeps the picture true by following the tree. Reads are answered from it, also while ZooKeeper
/// cannot be reached: then with what was last known. Writes never decide from it.
///
/// The master owns one and runs it in its task group.
class ClusterMirror {
public:
    ClusterMirror(Executor executor, store::Store& store, Clock& clock, Rng& rng);
    ~ClusterMirror();

    /// Follows until cancelled.
    Async<void> run();

    ClusterView const& view() const { return view_; }
    /// Whether the picture has been complete once.
    bool filled() const;
    /// Suspends until it is, for `limit` at the most; answers whether it is.
    Async<bool> wait_filled(Duration limit);

    /// The fence: afterwards the picture shows these nodes as they are now, or later. Answers
    /// whether that worked; the picture catches up by itself all the same.
    Async<bool> refresh(std::vector<std::string> paths);
    /// Before "there is no such thing" is answered: makes sure that it is not just this master that
    /// has not heard of the node yet (spec/zookeeper.md B27).
    Async<void> confirm_absence(std::string path);

private:
    struct Root {
        std::string path;
        std::shared_ptr<store::Follower> follower;
        bool filled = false;
        /// What the follower has told and the picture does not show yet, from `applied` on.
        std::vector<store::Change> told;
        std::size_t applied = 0;
    };

    Async<void> body();
    Async<void> follow(std::size_t which);
    Async<Result<>> follow_once(std::size_t which);
    Async<Result<>> until_filled();
    Async<Result<>> read_and_apply(std::vector<std::string> paths);
    Async<Result<std::vector<std::string>>> find_absent(std::string path);
    /// Applies the next changes that the follower has told of; answers whether there are more.
    bool apply_told(Root& root, std::size_t most);
    void apply(store::Change const& change);

    Async<void> sweep_infos();
    /// Reads the infos of one host. What cannot be read is tried again later, so it never fails.
    Async<Result<>> sweep_host(std::string host);
    void note_host(store::Change const& change);

    store::Store& store_;
    Clock& clock_;
    Rng& rng_;
    ClusterView view_;
    std::array<Root, 4> roots_;
    Condition filled_;  ///< one more root is in the picture
    Condition applied_; ///< the picture shows all that a follower has told

    /// When the host and agent info of each host is read next; they change every minute and are not
    /// worth a watch. Not so at the start of an agent: then they are read until they are new.
    struct Due {
        SteadyTime at{};
        Duration pause{};
        std::int64_t since = 0; ///< the transaction in which the host came up
    };
    std::map<std::string, Due> infos_;
    AutoResetEvent new_host_;
    TaskGroup tasks_;
};

} // namespace heliosd::master
