// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_mirror.h"
#include "master/writes/cluster_writer.h"

#include <string>
#include <vector>

namespace heliosd::master {

/// A job whose time is over, and where it still runs.
struct ExpiredJob {
    JobPtr job;
    std::vector<std::string> hosts;
};
std::vector<ExpiredJob> expired_jobs(ClusterView const& picture, WallTime now);

/// Ends jobs that have an `expires`, in every master, without a leader: undeploys them everywhere
/// with their own token, then removes them (spec/zookeeper.md §8). Masters that do so at the same
/// time find each other's work done.
class ExpiredJobs {
public:
    ExpiredJobs(ClusterMirror& mirror, store::Store& store, Clock& clock, Rng& rng)
        : mirror_(mirror), clock_(clock), rng_(rng), operations_(store, rng) {}

    /// Every 30 s until cancelled.
    Async<void> run();
    /// One round.
    Async<void> reap();

private:
    Async<Result<>> end(ExpiredJob expired);

    ClusterMirror& mirror_;
    Clock& clock_;
    Rng& rng_;
    ClusterWriter operations_;
};

} // namespace heliosd::master
