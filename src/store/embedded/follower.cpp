// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/follower.h"

namespace heliosd::store {

EmbeddedFollower::EmbeddedFollower(EmbeddedStore& store, std::string root, Scope scope)
    : store_(store),
      ensemble_(store.ensemble_),
      tree_(std::move(root), std::move(scope)),
      wakeup_(store.executor_),
      watching_{&tree_, &wakeup_, ensemble_.tree().last_zxid()} {
    read(tree_.root());
    tree_.complete();
    wakeup_.set();
    ensemble_.watch(watching_);
    store_.followers_.push_back(&wakeup_);
}

EmbeddedFollower::~EmbeddedFollower() {
    std::erase(store_.followers_, &wakeup_);
    ensemble_.unwatch(watching_);
}

void EmbeddedFollower::read(std::string const& path) {
    auto const* entry = ensemble_.tree().find(path);
    if (!entry) return;
    tree_.observe(path, Node{entry->data, entry->stat});
    if (!tree_.interest(path).children) return;
    for (auto const& name : entry->children) read(join(path, name));
}

Async<Result<Batch>> EmbeddedFollower::next() {
    for (;;) {
        if (store_.session_.state == SessionState::closed)
            co_return fail(StoreErrc::closed, "the store has been closed");
        // Without a connection the last picture stands.
        if (store_.session_.state == SessionState::connecting) {
            co_await wakeup_.wait();
            continue;
        }
        if (!ensemble_.is_durable(watching_.since)) {
            // The first picture shows what may not be durable yet. A failed commit is tried again
            // with the next write; it must not end the follower.
            auto const stored = co_await ensemble_.durable(watching_.since);
            if (!stored) co_await ensemble_.progress_.wait();
            continue;
        }
        if (tree_.ready()) co_return tree_.take();
        co_await wakeup_.wait();
    }
}

Async<Result<std::vector<Change>>> EmbeddedFollower::refresh(std::vector<std::string> paths) {
    CO_TRY(co_await store_.sync(tree_.root()));
    // All that is durable has been observed.
    co_return tree_.take(std::move(paths));
}

std::optional<SteadyTime> EmbeddedFollower::stale_since() const {
    if (store_.session_.state == SessionState::connected) return std::nullopt;
    return store_.offline_since_;
}

} // namespace heliosd::store
