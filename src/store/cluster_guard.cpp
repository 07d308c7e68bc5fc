// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_guard.h"

#include <algorithm>
#include <map>
#include <utility>

namespace heliosd::store {
namespace {

/// Between two questions for the node that the servers refuse.
constexpr Duration refusal_pause = std::chrono::milliseconds{500};

Error absent() {
    // The reference's words: people search for them.
    return {StoreErrc::unavailable, "ZooKeeper cluster ID does not exist"};
}

} // namespace

/// Holds changes back while the ensemble is not known to be the right one: in a wiped one
/// everything is gone, and nobody must act on that.
class GuardedFollower final : public Follower {
public:
    GuardedFollower(ClusterGuard& guard, std::unique_ptr<Follower> follower)
        : guard_(guard), follower_(std::move(follower)) {}

    Async<Result<Batch>> next() override {
        for (;;) {
            if (held_.empty()) {
                auto batch = CO_TRY(co_await follower_->next());
                hold(std::move(batch));
            }
            bool const allowed = co_await may_release();
            if (allowed && !held_.empty()) co_return release();
            if (guard_.stopped_) co_return fail(StoreErrc::closed, "the store has been closed");
        }
    }

    Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) override {
        auto const present = CO_TRY(co_await guard_.read_present());
        if (!present) co_return std::unexpected(absent());
        auto fresh = CO_TRY(co_await follower_->refresh(paths));
        // What is held back is older than the answer, and what the answer does not mention has not
        // changed since it was held back.
        hold({false, std::move(fresh)});
        co_return take(std::move(paths));
    }

    std::optional<SteadyTime> stale_since() const override {
        auto since = follower_->stale_since();
        auto const consider = [&](SteadyTime other) {
            since = std::min(since.value_or(other), other);
        };
        if (!guard_.present_.value_or(false)) consider(guard_.absent_since_);
        if (outdated_since_) consider(*outdated_since_);
        return since;
    }

private:
    /// Asks for the guard's node first, and suspends while it does not exist: the changes may be
    /// those of the wipe, and the watch of the node the slower one.
    Async<bool> may_release() {
        auto const present = co_await guard_.read_present();
        if (!present) {
            if (present.error().code == StoreErrc::closed)
                guard_.stopped_ = true;
            else
                co_await guard_.clock_.sleep(refusal_pause);
            co_return false;
        }
        if (!*present) {
            if (!outdated_since_) outdated_since_ = guard_.clock_.now();
            if (!guard_.stopped_) co_await guard_.changed_.wait();
            co_return false;
        }
        if (!outdated_since_) co_return true;
        // What was held back meanwhile is outdated; what became of those nodes is what counts.
        std::vector<std::string> paths;
        for (auto const& [path, change] : held_) paths.push_back(path);
        auto changes = co_await follower_->refresh(std::move(paths));
        if (!changes) co_return false;
        hold({false, std::move(*changes)});
        co_return true;
    }

    void hold(Batch batch) {
        snapshot_ = snapshot_ || batch.snapshot;
        for (auto& change : batch.changes) {
            if (!change.node) hold_gone_below(change.path);
            held_[change.path] = std::move(change);
        }
    }

    /// What is held back of nodes below one that has gone is older than that.
    void hold_gone_below(std::string const& path) {
        auto const prefix = path == "/" ? path : path + '/';
        for (auto it = held_.lower_bound(prefix);
             it != held_.end() && it->first.starts_with(prefix); ++it)
            it->second = {it->first, std::nullopt};
    }

    /// Of these paths; a snapshot that is held back stays whole.
    std::vector<Change> take(std::vector<std::string> paths) {
        std::ranges::sort(paths);
        paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
        std::vector<Change> changes;
        for (auto const& path : paths) {
            auto const it = held_.find(path);
            if (it == held_.end()) continue;
            changes.push_back(it->second);
            if (!snapshot_) held_.erase(it);
        }
        return changes;
    }

    Batch release() {
        outdated_since_.reset();
        Batch batch{std::exchange(snapshot_, false), {}};
        for (auto& [path, change] : std::exchange(held_, {}))
            batch.changes.push_back(std::move(change));
        return batch;
    }

    ClusterGuard& guard_;
    std::unique_ptr<Follower> follower_;
    bool snapshot_ = false;
    /// Since when the guard's node has been absent while changes were held back.
    std::optional<SteadyTime> outdated_since_;
    std::map<std::string, Change> held_;
};

ClusterGuard::ClusterGuard(Executor executor, Clock& clock, Store& store,
                           std::string const& cluster_id)
    : clock_(clock),
      store_(store),
      node_(join("/config/id", cluster_id)),
      absent_since_(clock.now()),
      changed_(executor) {
}

ClusterGuard::~ClusterGuard() = default;

Async<void> ClusterGuard::run() {
    auto follower = store_.follow(
        node_, [](std::string_view) { return Interest{.data = true, .children = false}; });
    for (;;) {
        auto const batch = co_await follower->next();
        if (!batch) break;
        for (auto const& change : batch->changes) set_present(change.node.has_value());
    }
    stopped_ = true;
    set_present(false);
}

void ClusterGuard::set_present(bool present) {
    if (!present && present_.value_or(false)) absent_since_ = clock_.now();
    present_ = present;
    changed_.notify();
}

Async<Result<bool>> ClusterGuard::read_present() {
    auto const found = CO_TRY(co_await store_.exists(node_));
    co_return found.has_value();
}

Async<Result<>> ClusterGuard::check_present() {
    if (!present_) {
        auto const present = CO_TRY(co_await read_present());
        if (!present_) set_present(present);
    }
    if (!*present_) co_return std::unexpected(absent());
    co_return Result<>{};
}

Async<Result<Node>> ClusterGuard::get(std::string path) {
    CO_TRY(co_await check_present());
    co_return co_await store_.get(std::move(path));
}

Async<Result<std::optional<Stat>>> ClusterGuard::exists(std::string path) {
    CO_TRY(co_await check_present());
    co_return co_await store_.exists(std::move(path));
}

Async<Result<std::vector<std::string>>> ClusterGuard::children(std::string path) {
    CO_TRY(co_await check_present());
    co_return co_await store_.children(std::move(path));
}

Async<Result<>> ClusterGuard::create(std::string path, std::string data, CreateMode mode) {
    CO_TRY(co_await check_present());
    co_return co_await store_.create(std::move(path), std::move(data), mode);
}

Async<Result<Stat>> ClusterGuard::set(std::string path, std::string data, std::int32_t version) {
    CO_TRY(co_await check_present());
    co_return co_await store_.set(std::move(path), std::move(data), version);
}

Async<Result<>> ClusterGuard::remove(std::string path, std::int32_t version) {
    CO_TRY(co_await check_present());
    co_return co_await store_.remove(std::move(path), version);
}

Async<MultiResult> ClusterGuard::multi(std::vector<Op> ops) {
    if (auto present = co_await check_present(); !present)
        co_return std::unexpected(MultiError{present.error(), std::nullopt});
    co_return co_await store_.multi(std::move(ops));
}

Async<Result<>> ClusterGuard::sync(std::string path) {
    CO_TRY(co_await check_present());
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
