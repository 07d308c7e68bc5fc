// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/ensemble.h"

#include "store/embedded/embedded_store.h"
#include "store/watched_tree.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace heliosd::store {
namespace {

std::optional<Node> node_of(EmbeddedTree::Entry const* entry) {
    if (!entry) return std::nullopt;
    return Node{entry->data, entry->stat};
}

} // namespace

EmbeddedEnsemble::EmbeddedEnsemble(Executor executor, Clock& clock, Offload& offload)
    : executor_(executor),
      clock_(clock),
      offload_(offload),
      // Session ids grow from one start to the next, as those of a real ensemble do.
      last_session_(clock.wall().time_since_epoch().count() << 20),
      progress_(executor) {
}

EmbeddedEnsemble::~EmbeddedEnsemble() = default;

Result<std::unique_ptr<EmbeddedEnsemble>> EmbeddedEnsemble::open(Executor executor, Clock& clock,
                                                                 Offload& offload,
                                                                 std::unique_ptr<Journal> journal) {
    auto content = TRY(journal->load());
    auto ensemble = std::make_unique<EmbeddedEnsemble>(executor, clock, offload);
    TRY(ensemble->tree_.restore(std::move(content.entries), content.zxid));
    ensemble->durable_ = ensemble->tree_.last_zxid();
    ensemble->journal_ = std::move(journal);
    return ensemble;
}

std::unique_ptr<EmbeddedStore> EmbeddedEnsemble::connect(EmbeddedOptions options) {
    return std::make_unique<EmbeddedStore>(*this, executor_, clock_, options);
}

std::expected<std::int64_t, MultiError> EmbeddedEnsemble::apply(std::span<Op const> ops,
                                                                std::int64_t session) {
    auto transaction = TRY(tree_.apply(ops, session, clock_.wall()));
    record(transaction);
    return transaction.zxid;
}

void EmbeddedEnsemble::end_session(std::int64_t session) {
    record(tree_.end_session(session, clock_.wall()));
}

std::int64_t EmbeddedEnsemble::touched(std::string_view path) const {
    auto const it = touched_.find(path);
    return it == touched_.end() ? 0 : it->second;
}

void EmbeddedEnsemble::record(EmbeddedTree::Transaction const& transaction) {
    for (auto const& [path, effect] : transaction.touches) {
        auto const* entry = tree_.find(path);
        if (journal_) {
            touched_[path] = transaction.zxid;
            // Ephemeral nodes die with the process at the latest: they are never written.
            bool const lasting = entry && entry->stat.ephemeral_owner == 0;
            waiting_.group.nodes[path] =
                lasting ? std::optional(Journal::Node{entry->data, entry->stat}) : std::nullopt;
        }
        if (effect == EmbeddedTree::Effect::touched_parent) continue;
        bool const wanted = std::ranges::any_of(watching_, [&](Watching const& one) {
            auto const interest = one.tree->interest(path);
            return interest.data || interest.children;
        });
        if (wanted) waiting_.events[path] = {transaction.zxid, node_of(entry)};
    }
    if (!journal_) {
        durable_ = transaction.zxid;
        publish(std::exchange(waiting_.events, {}));
        return;
    }
    waiting_.group.zxid = transaction.zxid;
    if (!committing_) start_commit();
}

void EmbeddedEnsemble::start_commit() {
    committing_ = true;
    auto const tracked = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    auto commit = std::make_shared<Commit>(std::exchange(waiting_, {}));
    offload_.enqueue(
        [this, tracked, commit, journal = journal_, alive = std::weak_ptr<bool>(alive_)] {
            auto outcome = journal->commit(commit->group);
            asio::post(tracked, [this, alive, commit, outcome = std::move(outcome)]() mutable {
                if (!alive.expired()) committed(std::move(*commit), std::move(outcome));
            });
        });
}

void EmbeddedEnsemble::committed(Commit commit, Result<> outcome) {
    committing_ = false;
    if (outcome) {
        durable_ = commit.group.zxid;
        failed_ = 0;
        std::erase_if(touched_, [&](auto const& one) { return one.second <= durable_; });
        publish(commit.events);
        if (waiting_.group.zxid > durable_) start_commit();
    } else {
        failed_ = commit.group.zxid;
        failure_ = std::move(outcome.error());
        // It goes with the next one. What is waiting already is newer and stays.
        waiting_.group.zxid = std::max(commit.group.zxid, waiting_.group.zxid);
        waiting_.group.nodes.merge(commit.group.nodes);
        waiting_.events.merge(commit.events);
    }
    progress_.notify();
}

void EmbeddedEnsemble::publish(Events const& events) {
    for (auto const& [path, event] : events) {
        for (auto const& one : watching_) {
            if (event.zxid <= one.since) continue;
            one.tree->observe(path, event.node);
            if (one.tree->ready()) one.wakeup->set();
        }
    }
}

Async<Result<>> EmbeddedEnsemble::durable(std::int64_t zxid) {
    if (zxid > durable_ && !committing_) start_commit();
    while (zxid > durable_) {
        if (!committing_ && zxid <= failed_) co_return std::unexpected(failure_);
        if (!committing_) start_commit();
        co_await progress_.wait();
    }
    co_return Result<>{};
}

} // namespace heliosd::store
