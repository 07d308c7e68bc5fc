// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/container_watch.h"
#include "agent/state/executions.h"
#include "agent/tasks/flapping.h"
#include "agent/tasks/next_step.h"
#include "agent/tasks/supervisor_services.h"
#include "base/async/auto_reset_event.h"
#include "base/async/backoff.h"

#include <memory>
#include <optional>
#include <string>

namespace heliosd::agent {

/// Keeps one task's container running, or gets it down (spec/agent.md §5–9). The agent owns it
/// together with its coroutine, `run`, which asks `next_step` and does that, then waits for an
/// event. What Docker refuses ends up in the task's status and is tried again after a pause; a
/// daemon that does not answer changes nothing. Cancelling `run` leaves the container as it is.
class Supervisor final : public ContainerListener, public std::enable_shared_from_this<Supervisor> {
public:
    /// `recorded`: the status last published, if there is one; names the container to look at.
    Supervisor(SupervisorServices& services, Execution execution,
               std::optional<model::TaskStatus> recorded);
    ~Supervisor() override;

    void set_goal(model::Goal goal);
    /// Whether the goal is a stop and the container was verified not to run.
    bool has_stopped() const { return finished_; }
    /// Ends `run`; only after a completed stop.
    void retire();

    Async<void> run();

    void container_died(std::string const& container) override;
    void look_again() override;
    void daemon_is_back() override;

private:
    using State = model::TaskState;
    using EngineErrc = docker::EngineErrc;

    // What is known, and what follows from it (supervisor.cpp).
    Facts facts() const;
    void take_events();
    void take_pull_outcome(Result<> const& outcome);
    void container_ended(Duration ran);
    void announce(State state);
    void announce_stopping();
    void attempt_failed(Error const& error);
    void daemon_failed(Error const& error);
    void unsure(Error const& error);
    void pause_for(Duration length);
    model::Throttle throttle() const;
    std::optional<SteadyTime> next_alarm() const;

    // What is done (supervisor_steps.cpp).
    Async<void> perform(Step step);
    Async<void> wait();
    Async<void> look();
    Async<void> knock();
    void pull();
    Async<void> create();
    Async<void> start();
    Async<void> stop();
    Async<void> kill();
    void finish();
    Async<void> await_release();
    Async<Result<docker::ContainerInfo>> find_container();
    void saw(docker::ContainerInfo const& info);
    void saw_none();
    void adopt(docker::ContainerInfo const& info);

    SupervisorServices& services_;
    model::Job job_;
    std::string id_; ///< of the job, in full
    Ports ports_;
    model::Goal goal_;

    Container container_ = Container::unknown;
    Image image_ = Image::wanted;
    std::optional<std::string> container_id_; ///< last known; also of one that has ended
    std::optional<std::string> attempt_name_; ///< of a create whose outcome is not known
    std::optional<std::string> releasing_;    ///< has ended, and may still hold its ports
    bool watched_ = false;     ///< it was seen running, or asked to, by this supervisor
    bool searched_ = false;    ///< containers were looked through for one that bears our labels
    bool fresh_image_ = false; ///< pulled for the present attempt

    std::optional<model::TaskStatus> status_; ///< as last published
    std::string container_error_;
    Flapping flapping_;
    model::Throttle image_failure_ = model::Throttle::no;
    Backoff failures_;

    SteadyTime pause_until_{}, grace_until_{};
    SteadyTime started_at_{};
    bool stop_asked_ = false, daemon_away_ = false;
    bool was_unsure_ = false; ///< since a container ran
    bool stopping_announced_ = false, finished_ = false, retired_ = false;

    // Notes taken between steps.
    AutoResetEvent wake_;
    bool died_ = false, doubted_ = false;
    std::optional<Result<>> pull_outcome_;
};

} // namespace heliosd::agent
