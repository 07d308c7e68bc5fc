// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/inventory.h"

#include "agent/containers/container_spec.h"
#include "base/async/backoff.h"
#include "base/async/within.h"
#include "base/log.h"

#include <charconv>
#include <optional>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration sweep_interval = 30s;
constexpr Duration answer_limit = 30s;
/// A daemon that restarts is back within seconds, and a connection attempt costs it nothing.
constexpr Duration longest_reconnect_pause = 5s;
/// Bounds the answer: a row takes up to 8 KiB, and answers over 16 MiB are refused.
constexpr int most_ended = 1000;

std::string attribute(docker::Event const& event, std::string const& name) {
    auto const found = event.attributes.find(name);
    return found == event.attributes.end() ? std::string() : found->second;
}

int exit_code_of(docker::Event const& event) {
    auto const text = attribute(event, "exitCode");
    int code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return code;
}

} // namespace

Inventory::Inventory(Executor executor, Clock& clock, Rng& rng, docker::Engine& engine,
                     std::string agent_id)
    : clock_(clock),
      rng_(rng),
      engine_(engine),
      agent_id_(std::move(agent_id)),
      group_(executor),
      table_(agent_id_) {
}

Async<void> Inventory::run() {
    return group_.scope(follow_events());
}

void Inventory::subscribe(model::JobId const& job, ContainerListener& listener) {
    listeners_[job.to_string()] = &listener;
    table_.add_job(job);
}

void Inventory::unsubscribe(model::JobId const& job, ContainerListener const& listener) {
    auto const id = job.to_string();
    auto const found = listeners_.find(id);
    if (found == listeners_.end() || found->second != &listener) return;
    listeners_.erase(found);
    table_.remove_job(id);
    if (auto const claimed = claimed_.extract(id)) table_.release(claimed.mapped());
}

void Inventory::claim(std::string container, std::string job) {
    auto& claimed = claimed_[job];
    if (claimed == container) return;
    table_.release(claimed);
    claimed = container;
    table_.claim(std::move(container), std::move(job));
}

Async<Result<>> Inventory::learn() {
    if (known_) co_return Result<>{};
    co_return co_await sweep();
}

Async<void> Inventory::follow_events() {
    auto const sweeper = [this] { return sweep_regularly(); };
    group_.spawn_service("container sweep", sweeper, clock_, rng_);
    Backoff backoff(rng_, 1s, longest_reconnect_pause);
    for (;;) {
        auto opened = co_await within(clock_, answer_limit, engine_.events());
        if (opened) {
            // The list comes after the stream: what happens from here on is in the stream.
            auto const swept = co_await sweep();
            if (swept) backoff.reset();
            auto& stream = **opened;
            // No limit on the next event: a quiet daemon is a healthy one, and what a dead
            // connection does not report, the sweep finds.
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

Async<void> Inventory::sweep_regularly() {
    for (;;) {
        co_await clock_.sleep(sweep_interval);
        (void)co_await sweep();
    }
}

Async<Result<>> Inventory::sweep() {
    docker::ListFilter filter{.all = true, .states = {"created", "paused", "running"}};
    std::optional<ContainerTable::ListInProgress> in_progress(std::in_place, table_);
    auto listed = co_await within(clock_, answer_limit, engine_.list(std::move(filter)));
    if (listed) table_.replace(*listed, clock_.now());
    in_progress.reset();
    if (!listed) {
        daemon_failed(listed.error());
        co_return std::unexpected(listed.error());
    }
    known_ = true;
    daemon_answered();
    compare_claims();
    if (on_sweep_) on_sweep_();
    co_return Result<>{};
}

Async<Result<std::vector<ContainerRow>>> Inventory::list_ended() {
    // The name tells labelled and unlabelled ones of this agent; Docker matches it as a pattern.
    docker::ListFilter filter{.all = true,
                              .states = {"exited"},
                              .name = container_name_prefix(agent_id_),
                              .limit = most_ended};
    auto const listed =
        CO_TRY(co_await within(clock_, answer_limit, engine_.list(std::move(filter))));
    std::vector<ContainerRow> rows;
    for (auto const& container : listed) {
        auto const name = container.names.empty() ? std::string() : container.names.front();
        if (container_state(container.state) != ContainerState::ended ||
            !table_.is_ours(container.id, name, container.labels))
            continue;
        rows.push_back({.id = container.id,
                        .name = name,
                        .job = table_.job_of(container.id, name, container.labels).value_or(""),
                        .state = ContainerState::ended,
                        .labels = container.labels,
                        .created = container.created});
    }
    co_return rows;
}

void Inventory::route(docker::Event const& event) {
    using Kind = ContainerChange::Kind;
    auto const& id = event.container_id;
    auto const job = table_.job_of(id, attribute(event, "name"), event.attributes);
    table_.apply(event, clock_.now());
    if (!job) return;
    if (event.action == "start") {
        notify(*job, {Kind::started, id});
    } else if (event.action == "kill") {
        notify(*job, {Kind::signalled, id});
    } else if (event.action == "die") {
        ++deaths_;
        notify(*job, {Kind::died, id, exit_code_of(event)});
    } else if (event.action == "destroy") {
        auto const claimed = claimed_.find(*job);
        if (claimed != claimed_.end() && claimed->second == id) notify(*job, {});
    }
}

void Inventory::notify(std::string const& job, ContainerChange change) {
    auto const listener = listeners_.find(job);
    if (listener != listeners_.end()) listener->second->container_changed(std::move(change));
}

/// Finds what no event reported: a claimed container that is not alive any more, or whose start was
/// answered and did not happen, and one that runs although nobody knows.
void Inventory::compare_claims() {
    auto const listeners = listeners_;
    for (auto const& [job, listener] : listeners) {
        auto const claimed = claimed_.find(job);
        auto const id = claimed == claimed_.end() ? std::string() : claimed->second;
        auto const* row = table_.find_id(id);
        bool const has_ended = !id.empty() && !row;
        if (has_ended) ++deaths_;
        if (has_ended || (row && row->state == ContainerState::created))
            listener->container_changed({});
        auto const* running = table_.find(job, ContainerState::running);
        if (running) listener->container_changed({ContainerChange::Kind::started, running->id});
    }
}

void Inventory::daemon_failed(Error const& error) {
    if (!std::exchange(away_, true))
        log::warning("agent",
                     "docker does not answer; containers are taken to go on as they are, trying "
                     "again: {}; see that it runs and that --docker names it",
                     error.message);
}

void Inventory::daemon_answered() {
    if (!std::exchange(away_, false)) return;
    ++deaths_;
    log::info("agent", "docker answers again");
    auto const listeners = listeners_;
    for (auto const& [job, listener] : listeners) listener->daemon_is_back();
}

} // namespace heliosd::agent
