// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/condition.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::test {

/// A session whose server can misbehave: be frozen, refuse syncs, or leave followers behind.
/// Without a fault it is the store behind it.
class FaultyStore final : public store::Store {
public:
    FaultyStore(Executor executor, store::Store& store) : store_(store), thawed_(executor) {}

    /// No call is answered until `thaw`; those that wait then are carried out.
    void freeze() { frozen_ = true; }
    void thaw() {
        frozen_ = false;
        thawed_.notify();
    }
    /// Followers deliver nothing by themselves, as from a server that lags. What they wait for at
    /// this moment still comes.
    void lag() { lagging_ = true; }
    int failing_syncs = 0;                 ///< the next so many answer `unavailable`
    std::optional<SteadyTime> stale_since; ///< what every follower says
    std::function<void(std::vector<store::Op> const&)> on_multi; ///< is called before each

    Async<Result<store::Node>> get(std::string path) override {
        co_await until_thawed();
        co_return co_await store_.get(std::move(path));
    }
    Async<Result<std::optional<store::Stat>>> exists(std::string path) override {
        co_await until_thawed();
        co_return co_await store_.exists(std::move(path));
    }
    Async<Result<std::vector<std::string>>> children(std::string path) override {
        co_await until_thawed();
        co_return co_await store_.children(std::move(path));
    }
    Async<Result<>> create(std::string path, std::string data, store::CreateMode mode) override {
        co_await until_thawed();
        co_return co_await store_.create(std::move(path), std::move(data), mode);
    }
    Async<Result<store::Stat>> set(std::string path, std::string data,
                                   std::int32_t version) override {
        co_await until_thawed();
        co_return co_await store_.set(std::move(path), std::move(data), version);
    }
    Async<Result<>> remove(std::string path, std::int32_t version) override {
        co_await until_thawed();
        co_return co_await store_.remove(std::move(path), version);
    }
    Async<store::MultiResult> multi(std::vector<store::Op> ops) override {
        if (on_multi) on_multi(ops);
        co_await until_thawed();
        co_return co_await store_.multi(std::move(ops));
    }
    Async<Result<>> sync(std::string path) override {
        co_await until_thawed();
        if (failing_syncs > 0) {
            --failing_syncs;
            co_return fail(store::StoreErrc::unavailable, "the session has moved");
        }
        co_return co_await store_.sync(std::move(path));
    }
    std::unique_ptr<store::Follower> follow(std::string root, store::Scope scope) override {
        return std::make_unique<Follower>(*this, store_.follow(std::move(root), std::move(scope)));
    }
    store::Session session() const override { return store_.session(); }
    Async<store::Session> session_changed(store::Session seen) override {
        return store_.session_changed(seen);
    }

private:
    class Follower final : public store::Follower {
    public:
        Follower(FaultyStore& store, std::unique_ptr<store::Follower> inner)
            : store_(store), inner_(std::move(inner)) {}

        Async<Result<store::Batch>> next() override {
            while (store_.lagging_) co_await store_.thawed_.wait();
            auto batch = co_await inner_->next();
            co_await store_.until_thawed();
            co_return batch;
        }
        Async<Result<std::vector<store::Change>>> refresh(std::vector<std::string> paths) override {
            co_await store_.until_thawed();
            co_return co_await inner_->refresh(std::move(paths));
        }
        std::optional<SteadyTime> stale_since() const override { return store_.stale_since; }

    private:
        FaultyStore& store_;
        std::unique_ptr<store::Follower> inner_;
    };

    Async<void> until_thawed() {
        while (frozen_) co_await thawed_.wait();
    }

    store::Store& store_;
    bool frozen_ = false, lagging_ = false;
    Condition thawed_;
};

} // namespace heliosd::test
