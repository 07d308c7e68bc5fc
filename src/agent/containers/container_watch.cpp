// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/container_watch.h"

#include "agent/containers/container_spec.h"
#include "base/async/backoff.h"
#include "base/async/within.h"
#include "base/log.h"

#include <utility>
#include <vector>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration sweep_interval = 30s;
constexpr Duration answer_limit = 30s;
/// A daemon that restarts is back within seconds, and asking costs it nothing.
constexpr Duration longest_reconnect_pause = 5s;

bool is_alive(std::string const& state) {
    return state == "running" || state == "paused" || state == "restarting";
}

std::string label(std::map<std::string, std::string> const& labels, std::string_view name) {
    auto const found = labels.find(std::string(name));
    return found == labels.end() ? std::string() : found->second;
}

} // namespace

ContainerWatch::ContainerWatch(Executor executor, Clock& clock, Rng& rng, docker::Engine& engine,
                               std::string agent_id)
    : clock_(clock), rng_(rng), engine_(engine), agent_id_(std::move(agent_id)), group_(executor) {
}

Async<void> ContainerWatch::run() {
    return group_.scope(follow_events());
}

void ContainerWatch::remove(std::string const& job, ContainerListener const& listener) {
    auto const found = listeners_.find(job);
    if (found != listeners_.end() && found->second == &listener) listeners_.erase(found);
    std::erase_if(tracked_, [&](auto const& entry) { return entry.second == &listener; });
}

void ContainerWatch::track(std::string container, ContainerListener& listener) {
    tracked_[std::move(container)] = &listener;
}

Async<Result<>> ContainerWatch::learn_containers() {
    if (known_) co_return Result<>{};
    co_return co_await sweep();
}

std::optional<ContainerWatch::Found>
ContainerWatch::running_container(std::string const& job) const {
    auto const found = running_.find(job);
    if (found == running_.end()) return std::nullopt;
    return found->second;
}

Async<void> ContainerWatch::follow_events() {
    auto const sweeper = [this] { return sweep_regularly(); };
    group_.spawn_service("container sweep", sweeper, clock_, rng_);
    Backoff backoff(rng_, 1s, longest_reconnect_pause);
    for (;;) {
        auto opened = co_await within(clock_, answer_limit, engine_.events());
        if (opened) {
            // Only now the list: what happens from here on is in the stream.
            auto const swept = co_await sweep();
            if (swept) backoff.reset();
            auto& stream = **opened;
            // No limit on the next event: a quiet daemon is a healthy one, and what a dead
            // connection fails to tell, the sweep finds.
            for (;;) {
                auto event = co_await stream.next();
                if (!event) {
                    daemon_failed(event.error());
                    break;
                }
                route(*event);
            }
        } else {
            daemon_failed(opened.error());
        }
        co_await clock_.sleep(backoff.next());
    }
}

Async<void> ContainerWatch::sweep_regularly() {
    for (;;) {
        co_await clock_.sleep(sweep_interval);
        (void)co_await sweep();
    }
}

Async<Result<>> ContainerWatch::sweep() {
    docker::ListFilter filter{.all = true};
    auto listed = co_await within(clock_, answer_limit, engine_.list(filter));
    if (!listed) {
        daemon_failed(listed.error());
        co_return std::unexpected(listed.error());
    }
    running_.clear();
    std::set<std::string> alive;
    for (auto const& container : *listed) {
        if (!is_alive(container.state)) continue;
        alive.insert(container.id);
        auto const job = label(container.labels, label_job);
        if (!job.empty() && label(container.labels, label_agent) == agent_id_)
            running_[job] = {container.id, container.labels};
    }
    known_ = true;
    daemon_answered();
    for (auto const& [container, listener] : tracked_)
        if (!alive.contains(container)) listener->look_again();
    co_return Result<>{};
}

void ContainerWatch::route(docker::Event const& event) {
    bool const died = event.action == "die";
    if (!died && event.action != "destroy") return;
    auto const job = running_.find(label(event.attributes, label_job));
    if (job != running_.end() && job->second.id == event.container_id) running_.erase(job);
    auto const tracked = tracked_.find(event.container_id);
    if (tracked == tracked_.end()) return;
    if (died)
        tracked->second->container_died(event.container_id);
    else
        tracked->second->look_again();
}

void ContainerWatch::daemon_failed(Error const& error) {
    if (!std::exchange(away_, true))
        log::warning("agent",
                     "docker does not answer; containers are taken to go on as they are, trying "
                     "again: {}; see that it runs and that --docker names it",
                     error.message);
}

void ContainerWatch::daemon_answered() {
    if (std::exchange(away_, false)) {
        log::info("agent", "docker answers again");
        auto const listeners = listeners_;
        for (auto const& [job, listener] : listeners) listener->daemon_is_back();
    }
    if (on_answer_) on_answer_();
}

} // namespace heliosd::agent
