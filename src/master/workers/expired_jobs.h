// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_mirror.h"
#include "master/writes/cluster_writer.h"
#include "master/writes/history_removals.h"

#include <string>
#include <vector>

namespace heliosd::master {

/// A job past its `expires`, and the hosts it is deployed to.
struct ExpiredJob {
    JobPtr job;
    std::vector<std::string> hosts;
};
std::vector<ExpiredJob> expired_jobs(ClusterView const& view, WallTime now);

/// The reaper of expired jobs, in every master, without a leader: undeploys them everywhere with
/// their own token, then removes them (spec/zookeeper.md §8). Passes of several masters at the same
/// time do no harm: each operation is idempotent.
class ExpiredJobs {
public:
    ExpiredJobs(ClusterMirror& mirror, HistoryRemovals& removals, store::Store& store, Clock& clock,
                Rng& rng)
        : mirror_(mirror),
          removals_(removals),
          clock_(clock),
          rng_(rng),
          writer_(store, clock, rng) {}

    /// Every 30 s until cancelled.
    Async<void> run();
    /// One pass.
    Async<void> reap();

private:
    Async<Result<>> end(ExpiredJob expired);

    ClusterMirror& mirror_;
    HistoryRemovals& removals_;
    Clock& clock_;
    Rng& rng_;
    ClusterWriter writer_;
};

} // namespace heliosd::master
