// SPDX-License-Identifier: Apache-2.0
#include "master/view/cluster_mirror.h"

#include "base/async/backoff.h"
#include "base/async/concurrently.h"
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

/// Answers wait for the fence this long, then go without: what was written is written.
constexpr Duration fence_limit = 2s;
constexpr Duration info_interval = 60s;
constexpr Duration info_first_retry = 250ms;
constexpr Duration info_limit = 5s;
/// A snapshot of 100,000 tasks takes seconds to read: others get their turn in between.
constexpr std::size_t changes_per_turn = 200;

/// Adds the end of each of `known` that `snapshot` does not mention.
void add_removals(std::vector<std::string> known, std::vector<store::Change>& snapshot) {
    std::set<std::string_view> mentioned;
    for (auto const& change : snapshot) mentioned.insert(mentioned.end(), change.path);
    std::erase_if(known, [&](std::string const& path) { return mentioned.contains(path); });
    for (auto& path : known) snapshot.push_back({std::move(path), std::nullopt});
}

} // namespace

ClusterMirror::ClusterMirror(Executor executor, store::Store& store, Clock& clock, Rng& rng)
    : store_(store),
      clock_(clock),
      rng_(rng),
      filled_(executor),
      applied_(executor),
      new_host_(executor),
      tasks_(executor) {
    roots_[0].path = layout::config_jobs;
    roots_[1].path = layout::config_hosts;
    roots_[2].path = layout::status_hosts;
    roots_[3].path = layout::status_masters;
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
    co_await sweep_infos();
}

bool ClusterMirror::filled() const {
    return std::ranges::all_of(roots_, &Root::filled);
}

Async<Result<>> ClusterMirror::until_filled() {
    while (!filled()) co_await filled_.wait();
    co_return Result<>{};
}

Async<bool> ClusterMirror::wait_filled(Duration limit) {
    if (filled()) co_return true;
    auto const waited = co_await within(clock_, limit, until_filled());
    co_return waited.has_value();
}

Async<void> ClusterMirror::follow(std::size_t which) {
    Backoff backoff(rng_);
    for (;;) {
        auto const ended = co_await follow_once(which);
        if (ended || ended.error().code == store::StoreErrc::closed) co_return;
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
    root.follower = store_.follow(root.path, interest_in);
    auto const follower = root.follower;
    for (;;) {
        auto batch = CO_TRY(co_await follower->next());
        root.told = std::move(batch.changes);
        root.applied = 0;
        // A second snapshot comes after a failure; what it does not mention is gone.
        if (batch.snapshot && root.filled) add_removals(view_.paths_below(root.path), root.told);
        while (apply_told(root, changes_per_turn))
            co_await asio::post(executor, asio::use_awaitable);
        root.filled = true;
        filled_.notify();
        applied_.notify();
    }
}

bool ClusterMirror::apply_told(Root& root, std::size_t most) {
    auto const end = std::min(root.told.size() - root.applied, most) + root.applied;
    while (root.applied < end) apply(root.told[root.applied++]);
    if (root.applied < root.told.size()) return true;
    root.told = {};
    root.applied = 0;
    return false;
}

void ClusterMirror::apply(store::Change const& change) {
    auto const applied = view_.apply(change);
    if (!applied)
        log::warning("master", "left out what cannot be read: {}", applied.error().message);
    note_host(change);
}

Async<Result<>> ClusterMirror::read_and_apply(std::vector<std::string> all) {
    for (auto& root : roots_) {
        if (!root.filled) continue;
        std::vector<std::string> mine;
        for (auto const& path : all) {
            if (path == root.path || store::below(root.path, path)) mine.push_back(path);
        }
        if (mine.empty()) continue;
        while (!root.told.empty()) co_await applied_.wait();
        auto const follower = root.follower;
        auto const changes = CO_TRY(co_await follower->refresh(std::move(mine)));
        // What was told before the answer must not come after it. And nothing may come between the
        // answer and here, or a later change would be undone.
        apply_told(root, root.told.size());
        for (auto const& change : changes) apply(change);
    }
    co_return Result<>{};
}

Async<bool> ClusterMirror::refresh(std::vector<std::string> all) {
    std::erase_if(all, [](std::string const& path) { return !store::is_valid_path(path); });
    auto work = read_and_apply(std::move(all));
    auto const done = co_await within(clock_, fence_limit, std::move(work));
    if (!done) log::debug("master", "answering without the fence: {}", done.error().message);
    co_return done.has_value();
}

Async<Result<std::vector<std::string>>> ClusterMirror::find_absent(std::string path) {
    CO_TRY(co_await store_.sync(path));
    auto const stat = CO_TRY(co_await store_.exists(path));
    std::vector<std::string> there;
    if (stat) there.push_back(std::move(path));
    co_return there;
}

Async<void> ClusterMirror::confirm_absence(std::string path) {
    // Without a connection the last picture is all there is. Absent nodes are not refreshed: names
    // that clients made up would pile up in the follower.
    if (store_.session().state != store::SessionState::connected) co_return;
    auto look = find_absent(std::move(path));
    auto there = co_await within(clock_, fence_limit, std::move(look));
    if (there && !there->empty()) co_await refresh(std::move(*there));
}

void ClusterMirror::note_host(store::Change const& change) {
    auto const at = store::below(layout::status_hosts, change.path);
    if (!at) return;
    std::string const host(at->name);
    if (at->rest.empty() && !change.node) {
        infos_.erase(host);
        return;
    }
    bool const first_sight = change.node && !infos_.contains(host);
    bool const came_up = at->rest == "up" && change.node;
    if (!first_sight && !came_up) return;
    auto& due = infos_[host];
    due.at = clock_.now();
    due.pause = info_first_retry;
    if (came_up) due.since = change.node->stat.czxid;
    new_host_.set();
}

Async<void> ClusterMirror::sweep_infos() {
    for (;;) {
        auto const now = clock_.now();
        auto next = now + info_interval;
        std::vector<std::string> due;
        for (auto const& [host, when] : infos_) {
            if (when.at <= now)
                due.push_back(host);
            else
                next = std::min(next, when.at);
        }
        auto const sweep = [this](std::string host) { return sweep_host(std::move(host)); };
        co_await concurrently(store::reads_at_once, due, sweep);
        if (due.empty()) co_await new_host_.wait_for(clock_, next - now);
    }
}

Async<Result<>> ClusterMirror::sweep_host(std::string host) {
    auto const read = [this](std::string path) {
        return within(clock_, info_limit, store_.get(std::move(path)));
    };
    auto const host_info = co_await read(layout::status_host_info(host));
    auto const agent_info = co_await read(layout::status_agent_info(host));
    auto const found = infos_.find(host);
    if (found == infos_.end()) co_return Result<>{};

    auto const absent = [](Result<store::Node> const& node) {
        return !node && node.error().code == store::StoreErrc::not_found;
    };
    // What cannot be read now stays as it was.
    if (host_info || absent(host_info)) {
        auto const set =
            view_.set_host_info(host, host_info ? std::optional(host_info->data) : std::nullopt);
        if (!set) log::warning("master", "left out what cannot be read: {}", set.error().message);
    }
    if (agent_info || absent(agent_info)) {
        auto const set =
            view_.set_agent_info(host, agent_info ? std::optional(agent_info->data) : std::nullopt);
        if (!set) log::warning("master", "left out what cannot be read: {}", set.error().message);
    }
    // An agent publishes these a moment after it is up: what is older is its predecessor's. Ask
    // again soon, then less often.
    auto& due = found->second;
    auto const is_new = [&due](Result<store::Node> const& node) {
        return node && node->stat.mzxid > due.since;
    };
    bool const complete = is_new(host_info) && is_new(agent_info);
    due.at = clock_.now() + (complete ? info_interval : due.pause);
    due.pause = complete ? info_first_retry : std::min<Duration>(due.pause * 2, info_interval);
    co_return Result<>{};
}

} // namespace heliosd::master
