// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/supervisor.h"

#include "base/async/within.h"
#include "base/log.h"
#include "docker/docker_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;

/// The engine has a limit of its own; this one is for a client that forgets it.
constexpr Duration call_limit = 60s;
constexpr Duration release_limit = 5s;
/// What Docker may need beyond the time that a container has to end.
constexpr Duration stop_margin = 30s;

TaskEvent done_or_failed(Result<> const& outcome) {
    if (outcome) return event::Done{};
    return event::Failed{outcome.error()};
}

ContainerState state_of(docker::ContainerInfo const& info) {
    if (info.running) return ContainerState::running;
    return info.status == "created" ? ContainerState::created : ContainerState::ended;
}

} // namespace

StopSettings stop_settings(model::Job const& job) {
    StopSettings settings;
    settings.grace_period = std::chrono::seconds(job.grace_period.value_or(0));
    // Docker takes a negative number for "wait for ever"; here it means the default.
    auto const kill_after = job.seconds_to_wait_before_kill.value_or(-1);
    if (kill_after >= 0) settings.kill_after = std::chrono::seconds(kill_after);
    return settings;
}

Supervisor::Supervisor(SupervisorServices& services, Execution execution,
                       std::optional<model::TaskStatus> recorded, std::uint64_t version)
    : services_(services),
      job_(std::move(execution.job)),
      id_(job_.id.to_string()),
      ports_(execution.ports.value_or(Ports{})),
      goal_(execution.goal),
      version_(version),
      machine_(stop_settings(job_), goal_, as_recorded(recorded), is_nothing_here(recorded),
               services.rng),
      wake_(services.executor) {
    services_.inventory.subscribe(job_.id, *this);
}

Supervisor::~Supervisor() {
    services_.inventory.unsubscribe(job_.id, *this);
}

std::optional<Recorded>
Supervisor::as_recorded(std::optional<model::TaskStatus> const& status) const {
    if (!status) return std::nullopt;
    Report const report{status->state, status->goal.value_or(goal_), status->throttled,
                        status->container_id, status->container_error};
    return Recorded{report, status_of(report) == *status};
}

/// Nothing recorded and nothing on this host.
bool Supervisor::is_nothing_here(std::optional<model::TaskStatus> const& status) const {
    auto const& inventory = services_.inventory;
    return !(status && status->container_id) && inventory.is_known() &&
           !inventory.find(id_, ContainerState::running) &&
           !inventory.find(id_, ContainerState::created);
}

model::TaskStatus Supervisor::status_of(Report const& report) const {
    return {.job = job_,
            .goal = report.goal,
            .state = report.state,
            .container_id = report.container,
            .throttled = report.throttled,
            .ports = status_ports(job_, ports_),
            .env = task_env(services_.agent, job_, ports_),
            .container_error = report.error};
}

Async<void> Supervisor::run() {
    if (job_.health_check)
        log::warning("agent",
                     "job={} has a health check; this version starts it without checking and "
                     "calls it RUNNING as soon as its container is started",
                     id_);
    while (!retired_) {
        auto const turn = machine_.turn(std::exchange(events_, {}), services_.clock.now());
        publish(turn);
        switch (turn.step.action) {
        case Action::wait: co_await wait(turn.alarm); break;
        case Action::pull: pull(); break;
        default: {
            auto result = co_await perform(turn.step);
            events_.push_back(std::move(result));
        }
        }
    }
}

void Supervisor::publish(Turn const& turn) {
    for (auto const& report : turn.reports) services_.publish(status_of(report));
    for (auto const& note : turn.notes)
        if (log::level() <= note.level)
            log::write(note.level, "agent", fmt::format("job={} {}", id_, note.text));
    auto const action = turn.step.action;
    bool const in_attempt =
        action == Action::create || action == Action::await_release || action == Action::start;
    if (!in_attempt) permit_.reset();
    if (auto const& container = machine_.container_id()) services_.inventory.claim(*container, id_);
    if (has_stopped()) services_.stop_completed();
}

void Supervisor::set_goal(model::Goal goal) {
    if (goal == goal_) return;
    goal_ = goal;
    take(event::GoalChanged{goal});
}

void Supervisor::retire() {
    retired_ = true;
    wake_.set();
}

void Supervisor::container_changed(ContainerChange change) {
    take(event::Changed{std::move(change)});
}

void Supervisor::daemon_is_back() {
    take(event::DaemonIsBack{});
}

void Supervisor::take(TaskEvent event) {
    events_.push_back(std::move(event));
    wake_.set();
}

Async<void> Supervisor::wait(std::optional<SteadyTime> alarm) {
    if (!events_.empty()) co_return;
    if (alarm)
        (void)co_await wake_.wait_for(services_.clock, *alarm - services_.clock.now());
    else
        co_await wake_.wait();
}

void Supervisor::pull() {
    auto done = [self = weak_from_this()](Result<> outcome) {
        if (auto const supervisor = self.lock())
            supervisor->take(event::Pulled{std::move(outcome)});
    };
    services_.images.request(job_.image.value_or(""), std::move(done));
}

Async<TaskEvent> Supervisor::perform(Step step) {
    auto& clock = services_.clock;
    auto& engine = services_.engine;
    Duration limit = call_limit;
    Result<> outcome;
    switch (step.action) {
    case Action::inspect: co_return co_await inspect(step);
    case Action::prepare: co_return co_await prepare();
    case Action::create: co_return co_await create(step);
    case Action::ping: outcome = co_await within(clock, limit, engine.ping()); break;
    case Action::start:
        outcome = co_await within(clock, limit, engine.start(step.container));
        break;
    case Action::stop:
        limit = step.grace + stop_margin;
        outcome = co_await within(clock, limit, engine.stop(step.container, step.grace));
        break;
    case Action::kill: outcome = co_await within(clock, limit, engine.kill(step.container)); break;
    case Action::remove:
        outcome = co_await within(clock, limit, engine.remove(step.container));
        break;
    case Action::await_release:
        // Docker reports an end before it frees the container's network and ports, and answers for
        // the container only when that is done. A start in between may find its port taken.
        (void)co_await within(clock, release_limit, engine.inspect(step.container));
        break;
    case Action::wait:
    case Action::pull: break;
    }
    co_return done_or_failed(outcome);
}

Async<TaskEvent> Supervisor::prepare() {
    // The permit comes last: a full disk must not hold up those whose execution is on it.
    auto const saved = co_await services_.executions.saved(version_);
    if (!saved) co_return event::Failed{saved.error()};
    auto permit = co_await services_.starts.acquire();
    permit_.emplace(std::move(permit));
    co_return event::Done{};
}

Async<TaskEvent> Supervisor::create(Step step) {
    auto const name = container_name(services_.agent.id, job_.id, step.attempt.value_or(0));
    auto spec = container_spec(services_.agent, job_, ports_, name);
    auto call = services_.engine.create(std::move(spec));
    auto created = co_await within(services_.clock, call_limit, std::move(call));
    if (!created) co_return event::Failed{created.error()};
    co_return event::Created{std::move(*created)};
}

Async<TaskEvent> Supervisor::inspect(Step step) {
    auto known = machine_.container_id();
    if (step.attempt) known = container_name(services_.agent.id, job_.id, *step.attempt);
    auto found = co_await find_container(known);
    if (found) co_return event::Inspected{std::move(*found)};

    event::Failed failed{found.error()};
    bool const is_refusal = failed.error.code == EngineErrc::request ||
                            failed.error.code == EngineErrc::bad_answer ||
                            failed.error.code == EngineErrc::conflict;
    if (!is_refusal || !known || step.attempt) co_return failed;
    auto const swept = co_await services_.inventory.sweep();
    auto const* row = services_.inventory.find_id(*known);
    if (swept) failed.listed = row ? row->state : ContainerState::ended;
    co_return failed;
}

/// The container this task has: the one that is known, or, when that does not run, another one of
/// the job that does; a record may be lost, and operators start containers, too. One that was made
/// and not recorded is used before another is made.
Async<Result<std::optional<Observation>>>
Supervisor::find_container(std::optional<std::string> known) {
    std::optional<Observation> found;
    if (known) {
        found = CO_TRY(co_await observe(*known));
        if (found && found->state == ContainerState::running) co_return found;
    }
    CO_TRY(co_await services_.inventory.learn());
    auto const running = CO_TRY(co_await observe_other(ContainerState::running, found));
    if (running) co_return running;
    bool const may_use_created =
        !found || (found->state == ContainerState::ended && goal_ == model::Goal::start);
    if (!may_use_created) co_return found;
    auto const created = CO_TRY(co_await observe_other(ContainerState::created, found));
    co_return created ? created : found;
}

/// A container of the job that the inventory has in this state, other than `found`, if an
/// inspection confirms it and its ports are those of the execution.
Async<Result<std::optional<Observation>>>
Supervisor::observe_other(ContainerState state, std::optional<Observation> found) {
    std::optional<Observation> nothing;
    auto const* row = services_.inventory.find(id_, state);
    if (!row || (found && found->id == row->id)) co_return nothing;
    bool const is_labelled = row->labels.contains(std::string(label_agent));
    if (is_labelled && ports_from_labels(job_, row->labels) != ports_) co_return nothing;
    // Claimed first: its end must not go unnoticed between the answer and the claim.
    services_.inventory.claim(row->id, id_);
    auto const other = CO_TRY(co_await observe(row->id));
    if (!other || other->state != state) co_return nothing;
    log::info("agent", "job={} has a container that was not recorded: container={}", id_,
              other->id);
    co_return other;
}

Async<Result<std::optional<Observation>>> Supervisor::observe(std::string container) {
    auto call = services_.engine.inspect(std::move(container));
    auto const info = co_await within(services_.clock, call_limit, std::move(call));
    if (!info && info.error().code == EngineErrc::container_not_found)
        co_return std::optional<Observation>{};
    if (!info) co_return std::unexpected(info.error());
    auto const started = docker::parse_docker_time(info->started_at);
    auto const ended = info->running ? std::optional(services_.clock.wall())
                                     : docker::parse_docker_time(info->finished_at);
    co_return Observation{.id = info->id,
                          .state = state_of(*info),
                          .exit_code = info->exit_code,
                          .error = info->error,
                          .ran = started && ended ? Duration(*ended - *started) : Duration::zero()};
}

} // namespace heliosd::agent
