// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "store/watched_tree.h"

namespace heliosd::store {

/// Follows the tree in memory: the ensemble reports every durable transaction to it.
class EmbeddedFollower final : public Follower {
public:
    EmbeddedFollower(EmbeddedStore& store, std::string root, Scope scope);
    ~EmbeddedFollower() override;

    Async<Result<Batch>> next() override;
    Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) override;
    std::optional<SteadyTime> stale_since() const override;

private:
    void read(std::string const& path);

    EmbeddedStore& store_;
    EmbeddedEnsemble& ensemble_;
    WatchedTree tree_;
    AutoResetEvent wakeup_;
    EmbeddedEnsemble::Watching watching_;
};

} // namespace heliosd::store
