// SPDX-License-Identifier: Apache-2.0
#include "master/view/cluster_mirror.h"

#include "base/async/backoff.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <boost/asio/post.hpp>

namespace heliosd::master {

using namespace std::chrono_literals;

namespace {

/// One attempt to confirm an absence; then the next one.
constexpr Duration confirm_limit = 2s;
constexpr Duration confirm_pause = 100ms;
constexpr Duration ping_interval = 500ms;
/// A ping without an answer is repeated after this time.
constexpr Duration ping_limit = 5s;
/// Silence that is longer than this means that the view may be stale.
constexpr Duration longest_silence = 1500ms;
/// A snapshot of 100,000 tasks takes seconds to apply: others get their turn in between.
constexpr std::size_t changes_per_turn = 200;

/// Adds the removal of each of `known` that `snapshot` does not mention.
void add_removals(std::vector<std::string> known, std::vector<store::Change>& snapshot) {
    std::set<std::string_view> mentioned;
    for (auto const& change : snapshot) mentioned.insert(mentioned.end(), change.path);
    std::erase_if(known, [&](std::string const& path) { return mentioned.contains(path); });
    for (auto& path : known) snapshot.push_back({std::move(path), std::nullopt});
}

/// Whether the outcome of a request proves that a server works, be it by a refusal.
bool is_answer(Result<> const& outcome) {
    if (outcome) return true;
    auto const& code = outcome.error().code;
    return code.category() == store::store_category() && code != store::StoreErrc::unavailable &&
           code != store::StoreErrc::outcome_unknown && code != store::StoreErrc::session_lost &&
           code != store::StoreErrc::closed;
}

} // namespace

ClusterMirror::ClusterMirror(Executor executor, store::Store& store, Clock& clock, Rng& rng)
    : store_(store),
      clock_(clock),
      rng_(rng),
      last_answer_(clock.now()),
      root_loaded_(executor),
      applied_(executor),
      infos_(executor, store, clock, view_, feed_,
             [this](store::Change const& change) { apply(change, 0); }),
      tasks_(executor) {
    for (auto const path : followed_roots()) roots_.push_back({.path = std::string(path)});
}

ClusterMirror::~ClusterMirror() = default;

Async<void> ClusterMirror::run() {
    return tasks_.scope(body());
}

Async<void> ClusterMirror::body() {
    for (std::size_t i = 0; i < roots_.size(); ++i) {
        tasks_.spawn_service(
            "following " + roots_[i].path, [this, i] { return follow(i); }, clock_, rng_);
    }
    tasks_.spawn_service("pinging ZooKeeper", [this] { return ping(); }, clock_, rng_);
    co_await infos_.run();
}

Freshness ClusterMirror::freshness() const {
    Freshness now{.roots = roots_.size()};
    auto const note = [&now](SteadyTime since) {
        now.stale_since = now.stale_since ? std::min(*now.stale_since, since) : since;
    };
    for (auto const& root : roots_) {
        if (!root.loaded) continue;
        ++now.loaded;
        if (root.failed_since) note(*root.failed_since);
        if (auto const since = root.follower->stale_since()) note(*since);
    }
    if (clock_.now() - last_answer_ > longest_silence) now.silent_since = last_answer_;
    if (now.silent_since) note(*now.silent_since);
    return now;
}

Async<void> ClusterMirror::ping() {
    for (;;) {
        auto const sent = clock_.now();
        auto request = store_.sync(std::string(layout::status_masters));
        auto const outcome = co_await within(clock_, ping_limit, std::move(request));
        if (is_answer(outcome)) last_answer_ = sent;
        co_await clock_.sleep(ping_interval);
    }
}

Async<Result<>> ClusterMirror::until_loaded() {
    while (!freshness().is_loaded()) co_await root_loaded_.wait();
    co_return Result<>{};
}

Async<bool> ClusterMirror::wait_loaded(Duration limit) {
    if (freshness().is_loaded()) co_return true;
    auto const waited = co_await within(clock_, limit, until_loaded());
    co_return waited.has_value();
}

Async<void> ClusterMirror::follow(std::size_t which) {
    Backoff backoff(rng_);
    for (;;) {
        auto const ended = co_await follow_once(which);
        if (ended || ended.error().code == store::StoreErrc::closed) co_return;
        auto& failed_since = roots_[which].failed_since;
        if (!failed_since) failed_since = clock_.now();
        auto const pause = backoff.next();
        log::error("master", "cannot follow {}, trying again in {} s: {}", roots_[which].path,
                   std::chrono::duration_cast<std::chrono::seconds>(pause).count(),
                   ended.error().message);
        co_await clock_.sleep(pause);
    }
}

Async<Result<>> ClusterMirror::follow_once(std::size_t which) {
    auto const executor = co_await asio::this_coro::executor;
    auto& root = roots_[which];
    std::shared_ptr<store::Follower> const follower = store_.follow(root.path, interest_in);
    root.follower = follower;
    for (;;) {
        auto batch = CO_TRY(co_await follower->next());
        root.pending = std::move(batch.changes);
        root.next = 0;
        root.zxid = newest_zxid(root.pending);
        // A second snapshot comes after a failure; what it does not mention is gone.
        if (batch.snapshot && root.loaded) add_removals(view_.paths_below(root.path), root.pending);
        while (apply_pending(root, changes_per_turn))
            co_await asio::post(executor, asio::use_awaitable);
        root.loaded = true;
        root.failed_since.reset();
        root_loaded_.notify();
        applied_.notify();
    }
}

bool ClusterMirror::apply_pending(Root& root, std::size_t most) {
    auto const end = std::min(root.pending.size() - root.next, most) + root.next;
    while (root.next < end) apply(root.pending[root.next++], root.zxid);
    if (root.next < root.pending.size()) return true;
    root.pending = {};
    root.next = 0;
    return false;
}

void ClusterMirror::apply(store::Change const& change, std::int64_t zxid) {
    auto applied = view_.apply(change, zxid);
    if (applied.unreadable)
        log::warning("master", "left out what cannot be read: {}", applied.unreadable->message);
    feed_.publish(std::move(applied.changes));
}

Async<Result<>> ClusterMirror::read_and_apply(std::vector<std::string> all) {
    for (auto& root : roots_) {
        if (!root.loaded) continue;
        std::vector<std::string> mine;
        for (auto const& path : all) {
            if (path == root.path || store::below(root.path, path)) mine.push_back(path);
        }
        if (mine.empty()) continue;
        while (!root.pending.empty()) co_await applied_.wait();
        auto const follower = root.follower;
        auto const changes = CO_TRY(co_await follower->refresh(std::move(mine)));
        // What was delivered before the answer must not be applied after it. And nothing may come
        // between the answer and here, or a later change would be undone.
        apply_pending(root, root.pending.size());
        auto const zxid = newest_zxid(changes);
        for (auto const& change : changes) apply(change, zxid);
    }
    co_return Result<>{};
}

Async<bool> ClusterMirror::refresh(std::vector<std::string> all, Duration limit) {
    std::erase_if(all, [](std::string const& path) { return !store::is_valid_path(path); });
    if (all.empty()) co_return true;
    auto work = read_and_apply(std::move(all));
    auto const done = co_await within(clock_, limit, std::move(work));
    if (!done) log::debug("master", "answering without the fence: {}", done.error().message);
    co_return done.has_value();
}

Async<Result<std::vector<std::string>>> ClusterMirror::find_nodes(std::string path) {
    CO_TRY(co_await store_.sync(path));
    auto const stat = CO_TRY(co_await store_.exists(path));
    if (!stat) co_return std::vector<std::string>{};
    auto const host = store::below(layout::config_hosts, path);
    if (!host) co_return std::vector{std::move(path)};
    std::string const name(host->name);
    auto nodes = CO_TRY(co_await store::list_tree(store_, layout::host(name)));
    auto const reported = CO_TRY(co_await store::list_tree(store_, layout::status_host(name)));
    nodes.insert(nodes.end(), reported.begin(), reported.end());
    std::erase_if(nodes, [](std::string const& node) {
        auto const interest = interest_in(node);
        return !interest.data && !interest.children;
    });
    co_return nodes;
}

Async<bool> ClusterMirror::confirm_absence(std::string path, SteadyTime deadline) {
    // Absent nodes are not refreshed: names that clients made up would pile up in the follower.
    for (;;) {
        auto const left = deadline - clock_.now();
        if (left <= Duration{}) co_return false;
        auto search = find_nodes(path);
        auto found = co_await within(clock_, std::min(left, confirm_limit), std::move(search));
        if (found && found->empty()) co_return true;
        if (found) {
            auto const limit = std::min<Duration>(deadline - clock_.now(), confirm_limit);
            bool const shown = co_await refresh(std::move(*found), limit);
            if (shown) co_return true;
        } else if (found.error().code == store::StoreErrc::closed) {
            co_return false;
        }
        co_await clock_.sleep_until(std::min(clock_.now() + confirm_pause, deadline));
    }
}

} // namespace heliosd::master
