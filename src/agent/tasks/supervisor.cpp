// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/supervisor.h"

#include "base/log.h"

#include <algorithm>
#include <utility>

namespace heliosd::agent {

using namespace std::chrono_literals;
using model::Goal;
using model::Throttle;

Supervisor::Supervisor(SupervisorServices& services, Execution execution,
                       std::optional<model::TaskStatus> recorded)
    : services_(services),
      job_(std::move(execution.job)),
      id_(job_.id.to_string()),
      ports_(execution.ports.value_or(Ports{})),
      goal_(execution.goal),
      status_(std::move(recorded)),
      failures_(services.rng),
      wake_(services.executor) {
    if (status_) container_id_ = status_->container_id;
    // Nothing recorded, nothing found on this host: a deploy need not look first.
    bool const nothing_here = !container_id_ && services_.watch.knows_containers() &&
                              !services_.watch.running_container(id_);
    if (nothing_here) container_ = Container::none;
    services_.watch.add(id_, *this);
}

Supervisor::~Supervisor() {
    services_.watch.remove(id_, *this);
}

Async<void> Supervisor::run() {
    if (job_.health_check)
        log::warning("agent",
                     "job={} has a health check; this version starts it without checking and "
                     "calls it RUNNING as soon as its container is started",
                     id_);
    for (;;) {
        take_events();
        if (retired_) co_return;
        auto const step = finished_ ? Step::wait : next_step(facts());
        co_await perform(step);
    }
}

void Supervisor::set_goal(Goal goal) {
    if (goal == goal_) return;
    bool const from_start = goal_ == Goal::start;
    goal_ = goal;
    finished_ = false;
    stopping_announced_ = false;
    pause_until_ = services_.clock.now();
    if (goal == Goal::start) {
        flapping_ = {};
        // It may not have been stopped yet: then looking at it says RUNNING again.
        if (container_ == Container::running) container_ = Container::unknown;
    } else if (from_start) {
        // What was asked of an earlier container, maybe while the goal turned, is not asked of
        // this.
        stop_asked_ = false;
    }
    // One that was announced is used, also while it cannot be seen what has become of it.
    bool const is_in_use =
        container_ == Container::running ||
        (container_ == Container::unknown && status_ && status_->state == State::running);
    if (from_start && is_in_use)
        grace_until_ = services_.clock.now() + std::chrono::seconds(job_.grace_period.value_or(0));
    wake_.set();
}

void Supervisor::retire() {
    retired_ = true;
    wake_.set();
}

void Supervisor::container_died(std::string const& container) {
    if (container_id_ != container) return;
    died_ = true;
    wake_.set();
}

void Supervisor::look_again() {
    doubted_ = true;
    wake_.set();
}

void Supervisor::daemon_is_back() {
    if (!daemon_away_) return;
    pause_until_ = services_.clock.now();
    wake_.set();
}

Facts Supervisor::facts() const {
    auto const now = services_.clock.now();
    return {.goal = goal_,
            .container = container_,
            .image = image_,
            .pause = std::max(pause_until_ - now, Duration::zero()),
            .grace = std::max(grace_until_ - now, Duration::zero()),
            .stop_asked = stop_asked_,
            .daemon_away = daemon_away_};
}

void Supervisor::take_events() {
    bool const died = std::exchange(died_, false);
    bool const doubted = std::exchange(doubted_, false);
    if (container_ == Container::running) {
        if (died) {
            releasing_ = container_id_;
            container_ended(services_.clock.now() - started_at_);
        } else if (doubted) {
            container_ = Container::unknown;
        }
    }
    if (auto const outcome = std::exchange(pull_outcome_, std::nullopt))
        take_pull_outcome(*outcome);
    bool const calmed = container_ == Container::running && status_ &&
                        status_->state == State::running && status_->throttled != throttle();
    if (calmed) announce(State::running);
    if (goal_ != Goal::start && !finished_) announce_stopping();
}

void Supervisor::take_pull_outcome(Result<> const& outcome) {
    image_ = outcome ? Image::ready : Image::wanted;
    fresh_image_ = outcome.has_value();
    if (outcome || goal_ != Goal::start) return;
    auto const code = outcome.error().code;
    if (code == EngineErrc::unavailable || code == EngineErrc::broken) {
        daemon_failed(outcome.error());
        return;
    }
    if (code == EngineErrc::image_not_found) image_failure_ = Throttle::image_missing;
    if (code == EngineErrc::pull_failed || code == EngineErrc::timed_out || code == Errc::timed_out)
        image_failure_ = Throttle::image_pull_failed;
    attempt_failed(outcome.error());
}

void Supervisor::container_ended(Duration ran) {
    container_ = Container::ended;
    watched_ = false;
    services_.watch.untrack(container_id_.value_or(""));
    flapping_.ended(services_.clock.now());
    if (goal_ != Goal::start) {
        container_error_.clear();
        return;
    }
    // The next container is another attempt at the same execution: its image is here.
    image_ = Image::ready;
    fresh_image_ = false;
    announce(State::exited);
    pause_for(restart_delay(throttle(), ran));
}

void Supervisor::announce(State state) {
    model::TaskStatus status{.job = job_,
                             .goal = goal_,
                             .state = state,
                             .container_id = container_id_,
                             .throttled = throttle(),
                             .ports = status_ports(job_, ports_),
                             .env = task_env(services_.agent, job_, ports_),
                             .container_error = container_error_};
    if (status_ == status) return;
    status_ = status;
    services_.publish(std::move(status));
}

/// Says STOPPING once per stop. After a restart of the agent, a stop that was completed before is
/// not announced again unless it turns out not to be.
void Supervisor::announce_stopping() {
    if (stopping_announced_) return;
    bool const already_stopped = status_ && status_->state == State::stopped &&
                                 status_->goal == goal_ && container_ != Container::running;
    if (already_stopped) return;
    stopping_announced_ = true;
    announce(State::stopping);
}

void Supervisor::attempt_failed(Error const& error) {
    container_error_ = error.message;
    announce(State::failed);
    auto const throttled = throttle();
    auto pause = failures_.next();
    if (throttled != Throttle::no) pause = std::max(pause, restart_delay(throttled, 0s));
    pause_for(pause);
    log::warning("agent", "cannot start job={}, trying again in {} ms: {}", id_,
                 std::chrono::duration_cast<std::chrono::milliseconds>(pause).count(),
                 error.message);
}

/// The daemon cannot be asked. What ran goes on running as far as anybody knows; an attempt that
/// was under way has failed, and says so once.
void Supervisor::daemon_failed(Error const& error) {
    daemon_away_ = true;
    pause_for(failures_.next());
    bool const in_attempt = !status_ || status_->state == State::pulling_image ||
                            status_->state == State::creating || status_->state == State::starting;
    if (goal_ != Goal::start || !in_attempt) return;
    container_error_ = error.message;
    announce(State::failed);
}

/// A call may or may not have taken effect: look before doing it again.
void Supervisor::unsure(Error const& error) {
    log::info("agent", "looking whether it happened all the same: job={} {}", id_, error.message);
    container_ = Container::unknown;
    // At once the first time; a daemon that goes on like this must not keep us busy.
    pause_for(std::exchange(was_unsure_, true) ? failures_.next() : 0s);
}

void Supervisor::pause_for(Duration length) {
    pause_until_ = services_.clock.now() + length;
}

Throttle Supervisor::throttle() const {
    return throttle_of(image_failure_, flapping_.is_flapping(services_.clock.now()));
}

/// When there is something to do even if nothing happens.
std::optional<SteadyTime> Supervisor::next_alarm() const {
    auto const now = services_.clock.now();
    std::optional<SteadyTime> alarm;
    auto const consider = [&](SteadyTime at) {
        if (at > now && (!alarm || at < *alarm)) alarm = at;
    };
    if (finished_) return std::nullopt;
    if (container_ != Container::running || goal_ != Goal::start) consider(pause_until_);
    if (goal_ != Goal::start) consider(grace_until_);
    auto const calm = flapping_.until_calm(now);
    if (calm && container_ == Container::running) consider(now + *calm);
    return alarm;
}

} // namespace heliosd::agent
