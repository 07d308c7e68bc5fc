// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "store/store.h"

#include <optional>
#include <string>

namespace heliosd::store {

/// Keeps us from acting on a wrong or emptied ensemble (spec/zookeeper.md §4): while the node
/// `/config/id/<cluster>`, which only an operator makes, does not exist, every call answers
/// `unavailable` without asking the servers, and followers tell nothing. What they would have told
/// is told, as one batch, when it exists again.
///
/// It stands before another store, which must outlive it, and works while `run` runs.
class ClusterGuard final : public Store {
public:
    ClusterGuard(Executor executor, Store& store, std::string const& cluster_id);
    ~ClusterGuard() override;

    /// Watches the node until cancelled or until the store is closed.
    Async<void> run();

    Async<Result<Node>> get(std::string path) override;
    Async<Result<std::optional<Stat>>> exists(std::string path) override;
    Async<Result<std::vector<std::string>>> children(std::string path) override;
    Async<Result<>> create(std::string path, std::string data, CreateMode mode) override;
    Async<Result<Stat>> set(std::string path, std::string data, std::int32_t version) override;
    Async<Result<>> remove(std::string path, std::int32_t version) override;
    Async<MultiResult> multi(std::vector<Op> ops) override;
    Async<Result<>> sync(std::string path) override;
    std::unique_ptr<Follower> follow(std::string root, Scope scope) override;
    Session session() const override { return store_.session(); }
    Async<Session> session_changed(Session seen) override;

private:
    friend class GuardedFollower;

    /// Fails while the node is known not to exist; asks when nothing is known yet.
    Async<Result<>> allowed();
    /// Asks the servers, whatever is known.
    Async<Result<bool>> look();
    void learn(bool present);

    Store& store_;
    std::string node_;
    std::optional<bool> present_;
    bool over_ = false; ///< nobody watches the node any more
    Condition changed_;
};

} // namespace heliosd::store
