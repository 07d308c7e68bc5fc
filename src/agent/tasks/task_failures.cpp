// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/task_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// What the failure of each call means for the task.
namespace heliosd::agent {

using namespace std::chrono_literals;
using docker::EngineErrc;
using model::Goal;
using model::Throttle;

namespace {

/// After so many refused inspections the task says that it cannot be seen what it does.
constexpr int tolerated_refusals = 3;

/// The call may have taken effect, or may still do so.
bool is_outcome_unknown(Error const& error) {
    return error.code == EngineErrc::broken || error.code == EngineErrc::timed_out ||
           error.code == Errc::timed_out;
}

} // namespace

void TaskMachine::on(event::Failed const& failed) {
    auto const& error = failed.error;
    switch (in_flight_.action) {
    case Action::inspect: inspect_failed(failed); return;
    case Action::ping: daemon_failed(error); return;
    case Action::prepare: attempt_failed(error); return;
    case Action::create: create_failed(error); return;
    case Action::await_release: releasing_.reset(); return;
    case Action::start: start_failed(error); return;
    case Action::stop: stop_failed(error); return;
    case Action::kill: kill_failed(error); return;
    case Action::remove: remove_failed(error); return;
    case Action::wait:
    case Action::pull: return;
    }
}

/// A daemon that does not answer tells nothing. One that refuses this container alone, which it
/// does when its files are damaged, is asked for a list, which shows whether it runs.
void TaskMachine::inspect_failed(event::Failed const& failed) {
    changed_meanwhile_ = false;
    auto const& error = failed.error;
    if (error.code == EngineErrc::unavailable || is_outcome_unknown(error)) {
        daemon_failed(error);
        return;
    }
    daemon_away_ = false;
    if (failed.listed && container_id_ && !in_flight_.attempt) {
        note(log::Level::warning, fmt::format("docker cannot inspect the container, going by its "
                                              "list: {}",
                                              error.message));
        auto const ran = watched_ ? now_ - started_at_ : Duration::zero();
        saw({.id = *container_id_, .state = *failed.listed, .error = error.message, .ran = ran});
        return;
    }
    pause_for(failures_.next());
    if (++refused_inspections_ != tolerated_refusals) return;
    note(log::Level::warning,
         fmt::format("docker cannot inspect the container, trying again: {}", error.message));
    keep_cause(error.message);
    if (goal_ == Goal::start) announce(State::failed);
}

void TaskMachine::create_failed(Error const& error) {
    if (is_outcome_unknown(error)) {
        // The next create uses the same name, so that it cannot make a second container.
        inspect_again(error);
        return;
    }
    if (error.code == EngineErrc::conflict) {
        // The name is taken: by the container of an earlier call, if an inspection finds it.
        conflict_ = error;
        inspect_again(error);
        return;
    }
    if (error.code == EngineErrc::unavailable) {
        daemon_failed(error);
        return;
    }
    attempt_.reset();
    if (error.code == EngineErrc::image_not_found) {
        image_ = Image::wanted;
        if (!std::exchange(fresh_image_, false)) return; // removed since the last attempt
        image_failure_ = Throttle::image_missing;
    }
    attempt_failed(error);
}

void TaskMachine::start_failed(Error const& error) {
    died_meanwhile_.reset();
    if (is_outcome_unknown(error)) {
        start_in_doubt_ = true;
        inspect_again(error);
        return;
    }
    watched_ = false;
    if (error.code == EngineErrc::unavailable) {
        daemon_failed(error);
        return;
    }
    ++failed_starts_;
    attempt_failed(error);
    // The port may be held by another container of the job, which an inspection finds.
    container_ =
        error.code == EngineErrc::container_not_found ? Container::absent : Container::unknown;
}

/// However a stop fails, only the deadline allows a kill.
void TaskMachine::stop_failed(Error const& error) {
    watched_ = false;
    if (error.code == EngineErrc::unavailable) {
        // Nothing was asked, unless by an earlier call.
        if (in_flight_.grace >= settings_.kill_after) stop_deadline_.reset();
        container_ = Container::unknown;
        daemon_failed(error);
        return;
    }
    container_ = Container::unknown;
    inspect_after_ = now_;
    if (error.code == EngineErrc::container_not_found) return;
    note(log::Level::warning, "cannot tell whether it was stopped, inspecting: " + error.message);
}

void TaskMachine::kill_failed(Error const& error) {
    watched_ = false;
    container_ = Container::unknown;
    if (error.code == EngineErrc::unavailable) {
        daemon_failed(error);
        return;
    }
    inspect_after_ = now_;
    bool const has_ended =
        error.code == EngineErrc::not_running || error.code == EngineErrc::container_not_found;
    if (!has_ended)
        note(log::Level::warning, "cannot kill the container, trying again: " + error.message);
}

void TaskMachine::remove_failed(Error const& error) {
    if (error.code == EngineErrc::container_not_found) {
        container_ = Container::absent;
        start_in_doubt_ = false;
        return;
    }
    if (error.code == EngineErrc::unavailable) {
        daemon_failed(error);
        return;
    }
    // It was started after all, or is being removed.
    if (is_outcome_unknown(error) || error.code == EngineErrc::conflict || start_in_doubt_) {
        inspect_again(error);
        pause_for(failures_.next());
        return;
    }
    note(log::Level::warning, "cannot remove the container, leaving it: " + error.message);
    failed_starts_ = 0;
    container_ = Container::ended;
}

void TaskMachine::attempt_failed(Error const& error) {
    keep_cause(error.message);
    announce(State::failed);
    auto const throttled = throttle();
    auto pause = failures_.next();
    if (throttled != Throttle::no) pause = std::max(pause, restart_delay(throttled, 0s));
    pause_for(pause);
    note(log::Level::warning,
         fmt::format("cannot start the task, trying again in {} ms: {}",
                     std::chrono::duration_cast<std::chrono::milliseconds>(pause).count(),
                     error.message));
}

/// The daemon cannot be asked. What ran goes on running as far as anybody knows; an attempt that
/// was under way has failed, and says so once.
void TaskMachine::daemon_failed(Error const& error) {
    daemon_away_ = true;
    pause_for(failures_.next());
    auto const& last = published_ ? published_ : recorded_;
    bool const in_attempt = !last || last->state == State::pulling_image ||
                            last->state == State::creating || last->state == State::starting;
    if (goal_ != Goal::start || !in_attempt) return;
    keep_cause(error.message);
    announce(State::failed);
}

/// A call may or may not have taken effect: inspect before doing it again.
void TaskMachine::inspect_again(Error const& error) {
    note(log::Level::info, "inspecting whether it happened all the same: " + error.message);
    container_ = Container::unknown;
    // At once the first time; a daemon that goes on like this must not keep us busy.
    pause_for(std::exchange(uncertain_, true) ? failures_.next() : 0s);
}

} // namespace heliosd::agent
