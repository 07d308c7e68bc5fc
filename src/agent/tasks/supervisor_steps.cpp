// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/supervisor.h"
#include "base/async/within.h"
#include "base/log.h"
#include "docker/docker_time.h"

#include <algorithm>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;

/// The engine has a limit of its own; this one is for a client that forgets it.
constexpr Duration call_limit = 60s;
constexpr std::chrono::seconds default_kill_wait = 120s;
constexpr Duration release_limit = 5s;

bool is_outcome_unknown(Error const& error) {
    return error.code == EngineErrc::broken || error.code == EngineErrc::timed_out ||
           error.code == Errc::timed_out;
}

} // namespace

Async<void> Supervisor::perform(Step step) {
    switch (step) {
    case Step::wait: return wait();
    case Step::look: return look();
    case Step::knock: return knock();
    case Step::create: return create();
    case Step::start: return start();
    case Step::stop: return stop();
    case Step::kill: return kill();
    case Step::pull: pull(); return wait();
    case Step::finish: finish(); return wait();
    }
    return wait();
}

Async<void> Supervisor::wait() {
    auto const alarm = next_alarm();
    if (alarm)
        (void)co_await wake_.wait_for(services_.clock, *alarm - services_.clock.now());
    else
        co_await wake_.wait();
}

/// The container this task may have: the one of an attempt with unknown outcome, the one recorded,
/// or, when that does not run, one that bears our labels (its record was lost).
Async<Result<docker::ContainerInfo>> Supervisor::find_container() {
    auto& clock = services_.clock;
    auto& engine = services_.engine;
    Result<docker::ContainerInfo> found =
        fail(EngineErrc::container_not_found, "no container of this job is known");
    auto const known = attempt_name_ ? attempt_name_ : container_id_;
    if (known) found = co_await within(clock, call_limit, engine.inspect(*known));
    if (found ? found->running : found.error().code != EngineErrc::container_not_found)
        co_return found;
    if (searched_) co_return found;

    CO_TRY(co_await services_.watch.learn_containers());
    auto const labelled = services_.watch.running_container(id_);
    bool const fits = labelled && ports_from_labels(job_, labelled->labels) == ports_;
    if (!fits || known == labelled->id) co_return found;
    auto other = co_await within(clock, call_limit, engine.inspect(labelled->id));
    if (other && other->running) {
        log::info("agent", "job={} runs already, unrecorded: container={}", id_, other->id);
        co_return other;
    }
    co_return found;
}

Async<void> Supervisor::look() {
    auto const found = co_await find_container();
    if (!found && found.error().code != EngineErrc::container_not_found) {
        daemon_failed(found.error());
        co_return;
    }
    searched_ = true;
    daemon_away_ = false;
    attempt_name_.reset();
    if (found)
        saw(*found);
    else
        saw_none();
}

void Supervisor::saw(docker::ContainerInfo const& info) {
    if (container_id_ && container_id_ != info.id) services_.watch.untrack(*container_id_);
    container_id_ = info.id;
    image_ = Image::ready;
    if (info.running) {
        adopt(info);
        return;
    }
    if (goal_ != Goal::start) {
        container_error_ = info.error;
        container_ = Container::ended;
    } else if (info.status == "created") {
        container_ = Container::created;
    } else if (watched_) {
        auto const started = docker::parse_docker_time(info.started_at);
        auto const ended = docker::parse_docker_time(info.finished_at);
        container_ended(started && ended ? Duration(*ended - *started) : Duration::zero());
    } else {
        // It ended while nobody watched: the next one comes at once.
        container_ = Container::ended;
    }
}

void Supervisor::saw_none() {
    container_ = Container::none;
    if (goal_ != Goal::start) container_error_.clear();
    if (!container_id_) return;
    services_.watch.untrack(*container_id_);
    image_ = Image::ready;
    if (!std::exchange(watched_, false) || goal_ != Goal::start) return;
    flapping_.ended(services_.clock.now());
    attempt_failed({EngineErrc::container_not_found,
                    "container " + *container_id_ + " was removed by somebody else"});
}

void Supervisor::adopt(docker::ContainerInfo const& info) {
    if (!std::exchange(watched_, true)) {
        auto const started = docker::parse_docker_time(info.started_at);
        auto const ran = started ? services_.clock.wall() - *started : 0ms;
        started_at_ = services_.clock.now() - std::max(Duration(ran), Duration::zero());
    }
    flapping_.started(started_at_);
    container_ = Container::running;
    services_.watch.track(info.id, *this);
    image_failure_ = model::Throttle::no;
    failures_.reset();
    was_unsure_ = false;
    if (goal_ != Goal::start) return;
    container_error_.clear();
    announce(State::running);
}

Async<void> Supervisor::knock() {
    auto const answer = co_await within(services_.clock, call_limit, services_.engine.ping());
    if (answer)
        daemon_away_ = false;
    else
        daemon_failed(answer.error());
}

void Supervisor::pull() {
    announce(State::pulling_image);
    image_ = Image::pulling;
    auto done = [self = weak_from_this()](Result<> outcome) {
        auto const supervisor = self.lock();
        if (!supervisor) return;
        supervisor->pull_outcome_ = std::move(outcome);
        supervisor->wake_.set();
    };
    services_.images.request(job_.image.value_or(""), std::move(done));
}

Async<void> Supervisor::create() {
    // Also for an image that is here: so the states of an attempt are always the same.
    if (!status_ || status_->state != State::pulling_image) announce(State::pulling_image);
    announce(State::creating);
    auto const slot = co_await services_.starts.acquire();
    auto const saved = co_await services_.executions.saved();
    if (goal_ != Goal::start) co_return;
    if (!saved) {
        attempt_failed(saved.error());
        co_return;
    }
    auto const random = static_cast<std::uint32_t>(services_.rng() >> 32);
    auto const name = container_name(services_.agent.id, job_.id, random);
    auto spec = container_spec(services_.agent, job_, ports_, name);
    auto call = services_.engine.create(std::move(spec));
    auto const created = co_await within(services_.clock, call_limit, std::move(call));
    if (created) {
        if (container_id_) services_.watch.untrack(*container_id_);
        container_id_ = *created;
        services_.watch.track(*created, *this);
        container_ = Container::created;
        image_failure_ = model::Throttle::no;
        co_return;
    }
    auto const& error = created.error();
    if (error.code == EngineErrc::image_not_found && !fresh_image_) {
        image_ = Image::wanted; // removed since the last attempt
    } else if (error.code == EngineErrc::image_not_found) {
        image_ = Image::wanted;
        image_failure_ = model::Throttle::image_missing;
        attempt_failed(error);
    } else if (error.code == EngineErrc::unavailable) {
        daemon_failed(error);
    } else if (is_outcome_unknown(error)) {
        attempt_name_ = name;
        unsure(error);
    } else {
        attempt_failed(error);
    }
}

/// Docker tells of an end before it frees the container's network and ports, and answers for the
/// container only when that is done. A start in between may find its port taken, and is slower.
Async<void> Supervisor::await_release() {
    auto const ended = std::exchange(releasing_, std::nullopt);
    if (!ended) co_return;
    (void)co_await within(services_.clock, release_limit, services_.engine.inspect(*ended));
}

Async<void> Supervisor::start() {
    announce(State::starting);
    co_await await_release();
    auto const slot = co_await services_.starts.acquire();
    if (goal_ != Goal::start) co_return;
    auto const container = *container_id_;
    // It may have been found rather than made: by now its end must not go unheard.
    services_.watch.track(container, *this);
    watched_ = true;
    started_at_ = services_.clock.now();
    auto call = services_.engine.start(container);
    auto const started = co_await within(services_.clock, call_limit, std::move(call));
    if (started) {
        container_ = Container::running;
        flapping_.started(started_at_);
        failures_.reset();
        was_unsure_ = false;
        container_error_.clear();
        if (goal_ == Goal::start) announce(State::running);
        co_return;
    }
    auto const& error = started.error();
    if (is_outcome_unknown(error)) {
        unsure(error);
        co_return;
    }
    watched_ = false;
    if (error.code == EngineErrc::container_not_found) container_ = Container::none;
    if (error.code == EngineErrc::unavailable)
        daemon_failed(error);
    else
        attempt_failed(error);
}

Async<void> Supervisor::stop() {
    auto const wait = job_.seconds_to_wait_before_kill
                          ? std::chrono::seconds(*job_.seconds_to_wait_before_kill)
                          : default_kill_wait;
    auto call = services_.engine.stop(*container_id_, wait);
    auto const stopped = co_await within(services_.clock, wait + 30s, std::move(call));
    if (!stopped && stopped.error().code == EngineErrc::unavailable) {
        daemon_failed(stopped.error());
        co_return;
    }
    if (!stopped && stopped.error().code != EngineErrc::container_not_found)
        log::warning("agent", "cannot stop job={} gently, killing it if it still runs: {}", id_,
                     stopped.error().message);
    stop_asked_ = true;
    watched_ = false;
    container_ = Container::unknown;
}

Async<void> Supervisor::kill() {
    auto call = services_.engine.kill(*container_id_);
    auto const killed = co_await within(services_.clock, call_limit, std::move(call));
    if (!killed && killed.error().code != EngineErrc::not_running &&
        killed.error().code != EngineErrc::container_not_found)
        log::warning("agent", "cannot kill job={}, trying again: {}", id_, killed.error().message);
    co_await look();
    if (container_ == Container::running) pause_for(failures_.next());
}

void Supervisor::finish() {
    finished_ = true;
    bool const known = status_ && status_->state == State::stopped && status_->goal == goal_;
    if (!known) announce(State::stopped);
    services_.stop_completed();
}

} // namespace heliosd::agent
