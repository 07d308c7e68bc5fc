// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/rng.h"
#include "master/view/cluster_mirror.h"
#include "master/writes/history_removals.h"

#include <string>

namespace heliosd::master {

/// Removes the histories of removed jobs and deregistered hosts, in the background: they can take
/// longer than a client waits. What fails is tried again, and what an earlier master left undone is
/// found at the start by its mark.
class HistoryCleaner {
public:
    HistoryCleaner(ClusterMirror& mirror, HistoryRemovals& removals, store::Store& store,
                   Clock& clock, Rng& rng)
        : mirror_(mirror), removals_(removals), store_(store), clock_(clock), rng_(rng) {}

    /// Until cancelled.
    Async<void> run();

private:
    /// Adds what is marked and whose owner is gone.
    Async<Result<>> find_unfinished();
    Async<Result<>> find_in(std::string job);
    Async<Result<>> add_if_marked(std::string path);
    /// Removes what is marked, unless its owner was made again.
    Async<Result<>> clean(std::string path);
    Async<Result<>> keep_if_owned(std::string path);
    Async<Result<bool>> has_owner(std::string path);
    Async<Result<bool>> is_marked(std::string path);

    ClusterMirror& mirror_;
    HistoryRemovals& removals_;
    store::Store& store_;
    Clock& clock_;
    Rng& rng_;
};

} // namespace heliosd::master
