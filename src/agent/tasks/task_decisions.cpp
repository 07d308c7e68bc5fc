// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/task_machine.h"

#include <utility>

// What comes next, and what is said about it.
namespace heliosd::agent {

using namespace std::chrono_literals;
using model::Goal;
using model::Throttle;

namespace {

/// A container whose start is refused so often is made anew: its network may be gone.
constexpr int most_failed_starts = 3;

} // namespace

void TaskMachine::decide() {
    if (goal_ == Goal::start)
        decide_start();
    else if (!stopped_)
        decide_stop();
    bool const in_attempt = turn_.step.action == Action::create ||
                            turn_.step.action == Action::await_release ||
                            turn_.step.action == Action::start;
    if (!in_attempt) prepared_ = false;
}

void TaskMachine::decide_start() {
    if (container_ == Container::running) {
        bool const calmed = published_ && published_->state == State::running &&
                            published_->throttled != throttle();
        if (calmed) announce(State::running);
        return;
    }
    if (container_ == Container::unknown) {
        if (now_ >= inspect_after_) step(Action::inspect);
        return;
    }
    if (image_ == Image::pulling || now_ < pause_until_) return;
    if (daemon_away_)
        step(Action::ping);
    else
        decide_attempt();
}

void TaskMachine::decide_attempt() {
    if (container_ == Container::created) {
        if (failed_starts_ >= most_failed_starts) {
            step_on_container(Action::remove);
        } else if (!prepared_) {
            step(Action::prepare);
        } else if (announce(State::starting); releasing_) {
            step(Action::await_release);
            turn_.step.container = *releasing_;
        } else {
            watched_ = true;
            started_at_ = now_;
            died_meanwhile_.reset();
            step_on_container(Action::start);
        }
        return;
    }
    // Also for an image that is here: so the states of an attempt are always the same.
    bool const is_new = !published_ || published_->state != State::pulling_image;
    if (image_ == Image::wanted) {
        announce(State::pulling_image);
        image_ = Image::pulling;
        step(Action::pull);
    } else if (!prepared_) {
        if (is_new) announce(State::pulling_image);
        announce(State::creating);
        step(Action::prepare);
    } else {
        if (!attempt_) attempt_ = static_cast<std::uint32_t>(rng_() >> 32);
        step(Action::create);
        turn_.step.attempt = attempt_;
    }
}

void TaskMachine::decide_stop() {
    announce_stopping();
    switch (container_) {
    case Container::unknown:
        if (now_ >= inspect_after_) step(Action::inspect);
        return;
    case Container::running:
        if (now_ >= pause_until_ && now_ >= grace_until_) stop_or_kill();
        return;
    case Container::created:
        // A start that got no answer may still take effect, unless there is nothing to start.
        if (now_ >= pause_until_) step_on_container(Action::remove);
        return;
    case Container::absent:
    case Container::ended: finish(); return;
    }
}

/// A stop is asked for again with what is left of its time; only then comes the kill.
void TaskMachine::stop_or_kill() {
    auto left = settings_.kill_after;
    if (stop_deadline_) {
        left = std::chrono::ceil<std::chrono::seconds>(*stop_deadline_ - now_);
        if (left <= 0s) {
            step_on_container(Action::kill);
            return;
        }
    } else {
        stop_deadline_ = now_ + left;
    }
    step_on_container(Action::stop);
    turn_.step.grace = left;
}

void TaskMachine::finish() {
    stopped_ = true;
    watched_ = false;
    stop_deadline_.reset();
    bool const is_known =
        published_ && published_->state == State::stopped && published_->goal == goal_;
    if (!is_known) announce(State::stopped);
}

void TaskMachine::step(Action action) {
    turn_.step = {.action = action};
    if (action != Action::inspect) return;
    turn_.step.attempt = attempt_;
    changed_meanwhile_ = false;
}

void TaskMachine::step_on_container(Action action) {
    turn_.step = {.action = action, .container = container_id_.value_or("")};
}

void TaskMachine::announce(State state) {
    Report report{state, goal_, throttle(), container_id_, container_error()};
    // An adoption says RUNNING though an earlier process said the same (spec/agent.md §10.1).
    bool const is_adoption = state == State::running && !confirmed_;
    if (published_ == report && !is_adoption) return;
    if (state == State::running) confirmed_ = true;
    published_ = report;
    turn_.reports.push_back(std::move(report));
}

/// Says STOPPING once per stop. After a restart of the agent, a stop that was completed before is
/// not announced again unless it turns out not to be.
void TaskMachine::announce_stopping() {
    if (stopping_announced_) return;
    bool const is_done = published_ && published_->state == State::stopped &&
                         published_->goal == goal_ && container_ != Container::running;
    if (is_done) return;
    stopping_announced_ = true;
    announce(State::stopping);
}

void TaskMachine::note(log::Level level, std::string text) {
    turn_.notes.push_back({level, std::move(text)});
}

/// A failure often causes others; only the first says what to do about it.
void TaskMachine::keep_cause(std::string cause) {
    if (first_cause_.empty()) first_cause_ = cause;
    last_cause_ = std::move(cause);
}

void TaskMachine::clear_causes() {
    first_cause_.clear();
    last_cause_.clear();
}

std::string TaskMachine::container_error() const {
    if (first_cause_ == last_cause_) return first_cause_;
    return first_cause_ + "; then: " + last_cause_;
}

void TaskMachine::pause_for(Duration length) {
    pause_until_ = inspect_after_ = now_ + length;
}

Throttle TaskMachine::throttle() const {
    return throttle_of(image_failure_, flapping_.is_flapping(now_));
}

std::optional<SteadyTime> TaskMachine::next_alarm() const {
    std::optional<SteadyTime> alarm;
    auto const consider = [&](SteadyTime at) {
        if (at > now_ && (!alarm || at < *alarm)) alarm = at;
    };
    if (stopped_) return std::nullopt;
    if (container_ != Container::running || goal_ != Goal::start) {
        consider(pause_until_);
        consider(inspect_after_);
    }
    if (goal_ != Goal::start) consider(grace_until_);
    auto const calm = flapping_.until_calm(now_);
    if (calm && container_ == Container::running) consider(now_ + *calm);
    return alarm;
}

} // namespace heliosd::agent
