// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "store/store.h"

#include <optional>
#include <string>

namespace heliosd::store {

/// Keeps us from acting on a wrong or emptied ensemble (spec/zookeeper.md §4): while the node
/// `/config/id/<cluster>`, which only an operator makes, does not exist, every call answers
/// `unavailable` without asking the servers, and followers deliver nothing and are stale. What came
/// meanwhile is delivered as one batch when the node exists again.
///
/// It decorates another store, which must outlive it, and works while `run` runs.
class ClusterGuard final : public Store {
public:
    ClusterGuard(Executor executor, Clock& clock, Store& store, std::string const& cluster_id);
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
    Async<Result<>> check_present();
    /// Asks the servers, whatever is known.
    Async<Result<bool>> read_present();
    void set_present(bool present);

    Clock& clock_;
    Store& store_;
    std::string node_;
    std::optional<bool> present_;
    SteadyTime absent_since_; ///< or not known
    bool stopped_ = false;    ///< the node is not watched any more
    Condition changed_;
};

} // namespace heliosd::store
