// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/task_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// The turn and the events; what failures mean is in task_failures.cpp, what comes next in
// task_decisions.cpp.
namespace heliosd::agent {

using namespace std::chrono_literals;
using model::Goal;
using model::Throttle;

namespace {

/// `docker restart` shows the start of the same container within this time after its death.
constexpr Duration restart_by_others = 2s;
/// A signal that was sent longer ago is not why the container died.
constexpr Duration signal_window = 2min;

} // namespace

TaskMachine::TaskMachine(StopSettings settings, Goal goal, std::optional<Recorded> recorded,
                         bool nothing_here, Rng& rng)
    : settings_(settings), rng_(rng), goal_(goal), failures_(rng) {
    if (recorded) {
        container_id_ = recorded->report.container;
        recorded_ = recorded->report;
        if (recorded->is_current) published_ = recorded->report;
    }
    if (nothing_here && !container_id_) container_ = Container::absent;
}

Turn TaskMachine::turn(std::vector<TaskEvent> events, SteadyTime now) {
    now_ = now;
    turn_ = {};
    for (auto const& happened : events)
        std::visit([this](auto const& each) { on(each); }, happened);
    in_flight_ = {};
    decide();
    in_flight_ = turn_.step;
    turn_.alarm = next_alarm();
    return std::exchange(turn_, {});
}

void TaskMachine::on(event::GoalChanged const& changed) {
    if (changed.goal == goal_) return;
    bool const from_start = goal_ == Goal::start;
    goal_ = changed.goal;
    stopped_ = false;
    stopping_announced_ = false;
    pause_until_ = inspect_after_ = now_;
    if (goal_ == Goal::start) {
        flapping_ = {};
        clear_causes();
        // The stop may not have happened yet: an inspection says RUNNING again then.
        if (container_ == Container::running) container_ = Container::unknown;
    } else if (from_start) {
        stop_deadline_.reset(); // of an earlier stop, maybe of an earlier container
    }
    // One that was announced is in use, also while the daemon cannot be asked about it.
    auto const& last = published_ ? published_ : recorded_;
    bool const is_in_use =
        container_ == Container::running ||
        (container_ == Container::unknown && last && last->state == State::running);
    if (from_start && is_in_use) grace_until_ = now_ + settings_.grace_period;
}

void TaskMachine::on(event::Changed const& changed) {
    using Kind = ContainerChange::Kind;
    auto const& [kind, container, exit_code] = changed.change;
    bool const is_ours = in_flight_.action == Action::stop || in_flight_.action == Action::kill;
    switch (kind) {
    case Kind::signalled:
        if (container == container_id_ && goal_ == Goal::start && !is_ours) signalled_at_ = now_;
        return;
    case Kind::died: died(container, exit_code); return;
    case Kind::started: started_by_others(container); return;
    case Kind::doubtful:
        if (in_flight_.action == Action::inspect) changed_meanwhile_ = true;
        if (container_ != Container::running) return;
        container_ = Container::unknown;
        inspect_after_ = now_;
        return;
    }
}

void TaskMachine::died(std::string const& container, int exit_code) {
    // It may be older than the inspection's answer or younger: inspect once more.
    if (in_flight_.action == Action::inspect) changed_meanwhile_ = true;
    if (container != container_id_) return;
    if (in_flight_.action == Action::start) died_meanwhile_ = exit_code;
    if (container_ == Container::running) {
        releasing_ = container;
        ended(now_ - started_at_, exit_code);
    }
}

/// A start of ours is reported, too; that says nothing new.
void TaskMachine::started_by_others(std::string const& container) {
    if (in_flight_.action == Action::inspect) changed_meanwhile_ = true;
    bool const is_ours = in_flight_.action == Action::start && container == container_id_;
    if (is_ours || container_ == Container::running) return;
    container_ = Container::unknown;
    inspect_after_ = now_;
    stopped_ = stopping_announced_ = false;
}

void TaskMachine::on(event::DaemonIsBack const&) {
    if (daemon_away_) pause_until_ = inspect_after_ = now_;
}

void TaskMachine::on(event::Inspected const& inspected) {
    daemon_away_ = false;
    refused_inspections_ = 0;
    if (std::exchange(changed_meanwhile_, false)) return;
    if (inspected.found)
        saw(*inspected.found);
    else
        saw_none();
}

void TaskMachine::saw(Observation const& seen) {
    bool const is_same = container_id_ == seen.id;
    if (!is_same) {
        failed_starts_ = 0;
        watched_ = false;
        stop_deadline_.reset();
    }
    if (releasing_ == seen.id) releasing_.reset(); // Docker answers when that is done
    container_id_ = seen.id;
    attempt_.reset();
    conflict_.reset();
    image_ = Image::ready;
    switch (seen.state) {
    case ContainerState::running: saw_running(seen); return;
    case ContainerState::created: container_ = Container::created; return;
    case ContainerState::ended: break;
    }
    start_in_doubt_ = false;
    if (goal_ != Goal::start) {
        clear_causes();
        keep_cause(seen.error);
        container_ = Container::ended;
    } else if (watched_) {
        ended(seen.ran, seen.exit_code);
    } else {
        // It ended while nobody watched: the next one comes at once.
        container_ = Container::ended;
        await_restart_by_others();
    }
}

void TaskMachine::saw_none() {
    container_ = Container::absent;
    start_in_doubt_ = false;
    if (goal_ != Goal::start) clear_causes();
    if (auto const conflict = std::exchange(conflict_, std::nullopt)) {
        attempt_.reset();
        if (goal_ == Goal::start) attempt_failed(*conflict);
        return;
    }
    if (!container_id_) return;
    image_ = Image::ready;
    if (!std::exchange(watched_, false) || goal_ != Goal::start) return;
    flapping_.ended(now_);
    attempt_failed({docker::EngineErrc::container_not_found,
                    "container " + *container_id_ + " was removed by somebody else"});
}

void TaskMachine::saw_running(Observation const& seen) {
    if (!std::exchange(watched_, true)) started_at_ = now_ - std::max(seen.ran, Duration::zero());
    flapping_.started(started_at_);
    container_ = Container::running;
    image_failure_ = Throttle::no;
    uncertain_ = false;
    start_in_doubt_ = false;
    failed_starts_ = 0;
    if (goal_ == Goal::start) {
        failures_.reset();
        clear_causes();
        announce(State::running);
    } else if (stop_deadline_) {
        // It survived what was asked: not asked again without a pause.
        pause_for(failures_.next());
    }
}

void TaskMachine::ended(Duration ran, int exit_code) {
    container_ = Container::ended;
    watched_ = false;
    flapping_.ended(now_);
    if (goal_ != Goal::start) {
        signalled_at_.reset();
        clear_causes();
        return;
    }
    // The next container is another attempt at the same execution: its image is here.
    image_ = Image::ready;
    fresh_image_ = false;
    note(log::Level::info, fmt::format("the container has ended with exit code {}", exit_code));
    announce(State::exited);
    pause_for(restart_delay(throttle(), ran));
    await_restart_by_others();
}

/// Somebody who signals a container may be restarting it: the start of the same one is awaited
/// before another is made.
void TaskMachine::await_restart_by_others() {
    auto const signalled = std::exchange(signalled_at_, std::nullopt);
    if (!signalled || now_ - *signalled > signal_window) return;
    container_ = Container::unknown;
    pause_until_ = std::max(pause_until_, now_ + restart_by_others);
    inspect_after_ = now_ + restart_by_others;
}

void TaskMachine::on(event::Pulled const& pulled) {
    image_ = pulled.outcome ? Image::ready : Image::wanted;
    fresh_image_ = pulled.outcome.has_value();
    if (pulled.outcome || goal_ != Goal::start) return;
    using docker::EngineErrc;
    auto const& error = pulled.outcome.error();
    if (error.code == EngineErrc::unavailable || error.code == EngineErrc::broken) {
        daemon_failed(error);
        return;
    }
    bool const is_late = error.code == EngineErrc::timed_out || error.code == Errc::timed_out;
    if (error.code == EngineErrc::image_not_found) image_failure_ = Throttle::image_missing;
    if (error.code == EngineErrc::pull_failed || is_late)
        image_failure_ = Throttle::image_pull_failed;
    attempt_failed(error);
}

void TaskMachine::on(event::Created const& created) {
    container_id_ = created.container;
    container_ = Container::created;
    attempt_.reset();
    image_failure_ = Throttle::no;
    failed_starts_ = 0;
    watched_ = false;
    start_in_doubt_ = false;
}

void TaskMachine::on(event::Done const&) {
    switch (in_flight_.action) {
    case Action::ping: daemon_away_ = false; return;
    case Action::prepare: prepared_ = true; return;
    case Action::await_release: releasing_.reset(); return;
    case Action::start: started(); return;
    case Action::stop:
    case Action::kill:
        watched_ = false;
        container_ = Container::unknown;
        inspect_after_ = now_;
        return;
    case Action::remove:
        container_ = Container::absent;
        failed_starts_ = 0;
        start_in_doubt_ = false;
        return;
    case Action::wait:
    case Action::inspect:
    case Action::pull:
    case Action::create: return;
    }
}

void TaskMachine::started() {
    auto const exit_code = std::exchange(died_meanwhile_, std::nullopt);
    container_ = Container::running;
    flapping_.started(started_at_);
    failures_.reset();
    uncertain_ = false;
    start_in_doubt_ = false;
    failed_starts_ = 0;
    clear_causes();
    if (goal_ == Goal::start) announce(State::running);
    if (!exit_code) return;
    releasing_ = container_id_;
    ended(now_ - started_at_, *exit_code);
}

} // namespace heliosd::agent
