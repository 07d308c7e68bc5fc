// SPDX-License-Identifier: Apache-2.0
#include "master/view/info_sweep.h"

#include "base/async/concurrently.h"
#include "base/async/within.h"
#include "layout/paths.h"

#include <algorithm>

namespace heliosd::master {

using namespace std::chrono_literals;

namespace {

constexpr Duration interval = 60s;
constexpr Duration first_retry = 250ms;
constexpr Duration read_limit = 5s;
/// Changes that may wait for the sweep, which reads for up to ten seconds at a time.
constexpr std::size_t queue_capacity = 100'000;

} // namespace

InfoSweep::InfoSweep(Executor executor, store::Store& store, Clock& clock, ClusterView const& view,
                     ChangeFeed& feed, Apply apply)
    : store_(store),
      clock_(clock),
      view_(view),
      changes_(feed, executor, queue_capacity),
      apply_(std::move(apply)) {
}

void InfoSweep::schedule(std::string const& host) {
    auto const* const entry = view_.host(host);
    if (!entry || !entry->reported) {
        hosts_.erase(host);
        return;
    }
    hosts_[host] = {.at = clock_.now(), .pause = first_retry, .since = entry->up.value_or(0)};
}

void InfoSweep::take_changes() {
    auto const batch = changes_.take();
    if (batch.overflowed) {
        std::erase_if(hosts_, [&](auto const& known) { return !view_.host(known.first); });
        for (auto const& [host, entry] : view_.hosts()) {
            auto const known = hosts_.find(host);
            bool const same = known != hosts_.end() && known->second.since == entry.up.value_or(0);
            if (!same) schedule(host);
        }
    }
    for (auto const& change : batch.changes) {
        bool const came_up = change->kind == ChangeKind::up && change->after.index() != 0;
        if (came_up || change->kind == ChangeKind::agent) schedule(change->host);
    }
}

Async<void> InfoSweep::run() {
    for (;;) {
        take_changes();
        auto const now = clock_.now();
        auto next = now + interval;
        std::vector<std::string> due;
        for (auto const& [host, when] : hosts_) {
            if (when.at <= now)
                due.push_back(host);
            else
                next = std::min(next, when.at);
        }
        auto const read = [this](std::string host) { return read_host(std::move(host)); };
        co_await concurrently(store::reads_at_once, due, read);
        if (due.empty()) co_await changes_.wait_for(clock_, next - now);
    }
}

Async<bool> InfoSweep::read_info(std::string path, std::int64_t since) {
    auto node = co_await within(clock_, read_limit, store_.get(path));
    bool const absent = !node && node.error().code == store::StoreErrc::not_found;
    // What cannot be read now stays as it was.
    if (!node && !absent) co_return false;
    bool const is_new = node && node->stat.mzxid > since;
    apply_({std::move(path), node ? std::optional(std::move(*node)) : std::nullopt});
    co_return is_new;
}

Async<Result<>> InfoSweep::read_host(std::string host) {
    auto const scheduled = hosts_.find(host);
    if (scheduled == hosts_.end()) co_return Result<>{};
    auto const since = scheduled->second.since;
    bool const host_info = co_await read_info(layout::status_host_info(host), since);
    bool const agent_info = co_await read_info(layout::status_agent_info(host), since);
    take_changes();
    auto const found = hosts_.find(host);
    // An agent that came up meanwhile is due already.
    if (found == hosts_.end() || found->second.since != since) co_return Result<>{};
    // An agent publishes its infos a moment after it came up; older ones are its predecessor's.
    bool const complete = host_info && agent_info;
    auto& due = found->second;
    due.at = clock_.now() + (complete ? interval : due.pause);
    due.pause = complete ? first_retry : std::min<Duration>(due.pause * 2, interval);
    co_return Result<>{};
}

} // namespace heliosd::master
