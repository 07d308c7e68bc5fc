// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/container_table.h"
#include "agent/tasks/restart_delay.h"
#include "agent/tasks/task_events.h"
#include "base/async/backoff.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::agent {

/// What the job says about stopping it.
struct StopSettings {
    Duration grace_period{}; ///< between the announcement of a stop and the stop itself
    std::chrono::seconds kill_after = std::chrono::seconds{120}; ///< from SIGTERM to SIGKILL
};

/// What an earlier supervisor of the task published.
struct Recorded {
    Report report;
    bool is_current = true; ///< the rest of that status is as it would be published now
};

/// Keeps the container of one task running, or gets it down (spec/agent.md §5–9), as a pure state
/// machine: events and the time go in, reports, the next call and the next alarm come out. What an
/// error of the engine means is decided here and nowhere else. A goal of undeploy is a stop: what
/// follows it is the reconciler's.
class TaskMachine {
public:
    /// `nothing_here`: no container of the task is recorded or known to the inventory, so that a
    /// deploy need not inspect first.
    TaskMachine(StopSettings settings, model::Goal goal, std::optional<Recorded> recorded,
                bool nothing_here, Rng& rng);

    /// Takes what has happened since the last turn, in the order it happened, with the result of
    /// the last step at its place, and decides what comes next. One reading of the clock a turn.
    Turn turn(std::vector<TaskEvent> events, SteadyTime now);

    /// Whether the goal is a stop and the container was verified not to run.
    bool has_stopped() const { return stopped_; }
    model::Goal goal() const { return goal_; }
    /// The container this task has or had last.
    std::optional<std::string> const& container_id() const { return container_id_; }
    bool is_running() const { return container_ == Container::running; }

private:
    enum class Container { unknown, absent, created, running, ended };
    enum class Image { wanted, pulling, ready };
    using State = model::TaskState;

    void on(event::GoalChanged const& changed);
    void on(event::Changed const& changed);
    void on(event::DaemonIsBack const&);
    void on(event::Pulled const& pulled);
    void on(event::Inspected const& inspected);
    void on(event::Created const& created);
    void on(event::Done const&);
    void on(event::Failed const& failed);

    // Changes of containers that the inventory reports.
    void died(std::string const& container, int exit_code);
    void started_by_others(std::string const& container);

    // What an inspection shows.
    void saw(Observation const& seen);
    void saw_none();
    void saw_running(Observation const& seen);
    void ended(Duration ran, int exit_code);
    void started();
    void await_restart_by_others();

    // What the failure of a call means.
    void inspect_failed(event::Failed const& failed);
    void create_failed(Error const& error);
    void start_failed(Error const& error);
    void stop_failed(Error const& error);
    void kill_failed(Error const& error);
    void remove_failed(Error const& error);
    void attempt_failed(Error const& error);
    void daemon_failed(Error const& error);
    void inspect_again(Error const& error);

    // What comes next.
    void decide();
    void decide_start();
    void decide_stop();
    void decide_attempt();
    void stop_or_kill();
    void finish();
    void step(Action action);
    void step_on_container(Action action);
    void announce(State state);
    void announce_stopping();
    void note(log::Level level, std::string text);
    void keep_cause(std::string cause);
    void clear_causes();
    std::string container_error() const;
    void pause_for(Duration length);
    model::Throttle throttle() const;
    std::optional<SteadyTime> next_alarm() const;

    StopSettings settings_;
    Rng& rng_;
    model::Goal goal_;
    Container container_ = Container::unknown;
    Image image_ = Image::wanted;
    std::optional<std::string> container_id_; ///< last known; also of one that has ended

    // The present attempt.
    std::optional<std::uint32_t> attempt_; ///< of a create whose outcome is not known
    std::optional<Error> conflict_;        ///< its name was taken
    std::optional<std::string> releasing_; ///< has ended, and may still hold its ports
    bool fresh_image_ = false;             ///< pulled for this attempt
    bool prepared_ = false;                ///< recorded on disk, and allowed to create and start
    bool start_in_doubt_ = false;          ///< a start without answer may still take effect
    int failed_starts_ = 0;                ///< of the present container, one after the other
    int refused_inspections_ = 0;
    bool uncertain_ = false; ///< an outcome was unknown since a container ran

    // The present run.
    bool watched_ = false; ///< this machine has seen it run, or has started it
    SteadyTime started_at_{};
    std::optional<SteadyTime> signalled_at_; ///< by somebody else
    Flapping flapping_;

    // The present stop.
    SteadyTime grace_until_{};
    std::optional<SteadyTime> stop_deadline_; ///< SIGKILL not before
    bool stopping_announced_ = false, stopped_ = false;

    std::optional<Report> published_, recorded_;
    bool confirmed_ = false; ///< this machine has published a RUNNING of its own
    std::string first_cause_, last_cause_;
    model::Throttle image_failure_ = model::Throttle::no;
    Backoff failures_;
    bool daemon_away_ = false;
    SteadyTime pause_until_{};   ///< no attempt before
    SteadyTime inspect_after_{}; ///< no inspection before

    // The turn.
    SteadyTime now_{};
    Turn turn_;
    Step in_flight_;
    bool changed_meanwhile_ = false;    ///< the answer of the inspection may be outdated
    std::optional<int> died_meanwhile_; ///< the container that is being started
};

} // namespace heliosd::agent
