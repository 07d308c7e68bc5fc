// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_guard.h"

#include <map>
#include <utility>

namespace heliosd::store {
namespace {

Error absent() {
    // The reference's words: people search for them.
    return {StoreErrc::unavailable, "ZooKeeper cluster ID does not exist"};
}

} // namespace

/// Holds back what happens while the ensemble is not known to be the right one: in a wiped one
/// everything is gone, and nobody must act on that.
class GuardedFollower final : public Follower {
public:
    GuardedFollower(ClusterGuard& guard, std::unique_ptr<Follower> follower)
        : guard_(guard), follower_(std::move(follower)) {}

    Async<Result<Batch>> next() override {
        for (;;) {
            if (!held_.empty()) {
                // The news itself may be the wipe: the node's own watch could be the slower one.
                auto const present = co_await guard_.look();
                if (guard_.over_) co_return fail(StoreErrc::closed, "the store has been closed");
                if (!present) {
                    if (present.error().code == StoreErrc::closed)
                        co_return std::unexpected(present.error());
                } else if (!*present) {
                    doubtful_ = true;
                    co_await guard_.changed_.wait();
                } else {
                    bool current = !doubtful_;
                    if (doubtful_) current = co_await brought_up_to_date();
                    if (current) co_return release();
                }
                continue;
            }
            auto batch = co_await follower_->next();
            if (!batch) co_return batch;
            hold(std::move(*batch));
        }
    }

    Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) override {
        auto const present = CO_TRY(co_await guard_.look());
        if (!present) co_return std::unexpected(absent());
        co_return co_await follower_->refresh(std::move(paths));
    }

private:
    void hold(Batch batch) {
        snapshot_ = snapshot_ || batch.snapshot;
        for (auto& change : batch.changes) held_[change.path] = std::move(change);
    }

    /// What was held back is old; what came of those nodes since is what counts.
    Async<bool> brought_up_to_date() {
        std::vector<std::string> paths;
        for (auto const& [path, change] : held_) paths.push_back(path);
        auto changes = co_await follower_->refresh(std::move(paths));
        if (!changes) co_return false;
        hold({false, std::move(*changes)});
        co_return true;
    }

    Batch release() {
        doubtful_ = false;
        Batch batch{std::exchange(snapshot_, false), {}};
        for (auto& [path, change] : std::exchange(held_, {}))
            batch.changes.push_back(std::move(change));
        return batch;
    }

    ClusterGuard& guard_;
    std::unique_ptr<Follower> follower_;
    bool snapshot_ = false;
    bool doubtful_ = false; ///< the node has been absent since the oldest of it came
    std::map<std::string, Change> held_;
};

ClusterGuard::ClusterGuard(Executor executor, Store& store, std::string const& cluster_id)
    : store_(store), node_(join("/config/id", cluster_id)), changed_(executor) {
}

ClusterGuard::~ClusterGuard() = default;

Async<void> ClusterGuard::run() {
    auto follower = store_.follow(
        node_, [](std::string_view) { return Interest{.data = true, .children = false}; });
    for (;;) {
        auto const batch = co_await follower->next();
        if (!batch) break;
        for (auto const& change : batch->changes) learn(change.node.has_value());
    }
    over_ = true;
    learn(false);
}

void ClusterGuard::learn(bool present) {
    present_ = present;
    changed_.notify();
}

Async<Result<bool>> ClusterGuard::look() {
    auto const found = CO_TRY(co_await store_.exists(node_));
    co_return found.has_value();
}

Async<Result<>> ClusterGuard::allowed() {
    if (!present_) {
        auto const present = CO_TRY(co_await look());
        if (!present_) learn(present);
    }
    if (!*present_) co_return std::unexpected(absent());
    co_return Result<>{};
}

Async<Result<Node>> ClusterGuard::get(std::string path) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.get(std::move(path));
}

Async<Result<std::optional<Stat>>> ClusterGuard::exists(std::string path) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.exists(std::move(path));
}

Async<Result<std::vector<std::string>>> ClusterGuard::children(std::string path) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.children(std::move(path));
}

Async<Result<>> ClusterGuard::create(std::string path, std::string data, CreateMode mode) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.create(std::move(path), std::move(data), mode);
}

Async<Result<Stat>> ClusterGuard::set(std::string path, std::string data, std::int32_t version) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.set(std::move(path), std::move(data), version);
}

Async<Result<>> ClusterGuard::remove(std::string path, std::int32_t version) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.remove(std::move(path), version);
}

Async<MultiResult> ClusterGuard::multi(std::vector<Op> ops) {
    if (auto fit = co_await allowed(); !fit)
        co_return std::unexpected(MultiError{fit.error(), std::nullopt});
    co_return co_await store_.multi(std::move(ops));
}

Async<Result<>> ClusterGuard::sync(std::string path) {
    if (auto fit = co_await allowed(); !fit) co_return std::unexpected(fit.error());
    co_return co_await store_.sync(std::move(path));
}

std::unique_ptr<Follower> ClusterGuard::follow(std::string root, Scope scope) {
    return std::make_unique<GuardedFollower>(*this,
                                             store_.follow(std::move(root), std::move(scope)));
}

Async<Session> ClusterGuard::session_changed(Session seen) {
    return store_.session_changed(seen);
}

} // namespace heliosd::store
