// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/collector.h"

#include "base/async/within.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration call_limit = 60s;
/// What Docker may need beyond the time that a container has to end.
constexpr Duration stop_margin = 30s;

bool is_in_use(CleanupInput const& input, std::string const& container) {
    auto const has_it = [&](auto const& job) { return job.second.container == container; };
    return input.published.contains(container) || std::ranges::any_of(input.jobs, has_it);
}

} // namespace

Collector::Collector(Executor executor, Clock& clock, docker::Engine& engine, Inventory& inventory,
                     Query query, StopTime stop_time)
    : clock_(clock),
      engine_(engine),
      inventory_(inventory),
      query_(std::move(query)),
      stop_time_(std::move(stop_time)),
      stops_(executor),
      wake_(executor) {
}

Async<void> Collector::run() {
    return stops_.scope(collect_repeatedly());
}

Async<void> Collector::collect_repeatedly() {
    for (;;) {
        co_await wake_.wait();
        co_await collect();
    }
}

Async<void> Collector::collect() {
    if (!query_()) co_return;
    std::vector<ContainerRow> ended;
    auto const deaths = inventory_.deaths();
    if (deaths != deaths_) {
        auto listed = co_await inventory_.list_ended();
        if (!listed) co_return;
        ended = std::move(*listed);
        deaths_ = deaths;
    }
    auto input = query_();
    if (!input) co_return;
    input->ended = std::move(ended);
    auto const plan = plan_cleanup(*input);
    for (auto const& stray : plan.stop) {
        if (!stopping_.insert(stray.id).second) continue;
        log::warning("agent", "stopping a container that is not needed: {}; job={} container={}",
                     stray.why, stray.job, stray.id);
        auto body = stop(stray);
        stops_.spawn("stop of container " + stray.id, std::move(body));
    }
    for (auto const& container : plan.remove) {
        // A supervisor may have found a use for it meanwhile.
        auto const now = query_();
        if (!now) co_return;
        if (is_in_use(*now, container)) continue;
        auto const removed = co_await within(clock_, call_limit, engine_.remove(container));
        if (!removed) {
            if (removed.error().code == docker::EngineErrc::unavailable) co_return;
            log::debug("agent", "cannot remove container={}: {}", container,
                       removed.error().message);
            continue;
        }
        deaths_ = 0; // there may be more than one list shows
        log::debug("agent", "removed a container that is not needed: container={}", container);
    }
}

Async<void> Collector::stop(StrayContainer stray) {
    auto const grace = stop_time_(stray.job);
    auto call = engine_.stop(stray.id, grace);
    auto const stopped = co_await within(clock_, grace + stop_margin, std::move(call));
    stopping_.erase(stray.id);
    if (!stopped && stopped.error().code != docker::EngineErrc::container_not_found)
        log::warning("agent",
                     "cannot stop a container that is not needed, trying again: "
                     "container={}: {}",
                     stray.id, stopped.error().message);
}

} // namespace heliosd::agent
