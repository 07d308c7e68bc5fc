// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/inventory.h"
#include "agent/state/executions.h"
#include "agent/tasks/supervisor_services.h"
#include "agent/tasks/task_machine.h"
#include "base/async/auto_reset_event.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::agent {

StopSettings stop_settings(model::Job const& job);

/// Performs what the `TaskMachine` of one task decides, and tells it what came of it and what
/// happens to the containers of the job. The agent owns it together with its coroutine, `run`.
/// Cancelling that leaves the container as it is.
class Supervisor final : public ContainerListener, public std::enable_shared_from_this<Supervisor> {
public:
    /// `recorded`: the status last published, if there is one; names the container to inspect.
    /// `version`: of `executions.json`, by which the execution is on disk.
    Supervisor(SupervisorServices& services, Execution execution,
               std::optional<model::TaskStatus> recorded, std::uint64_t version);
    ~Supervisor() override;

    void set_goal(model::Goal goal);
    /// Whether the goal is a stop and the container was verified not to run.
    bool has_stopped() const { return machine_.has_stopped() && machine_.goal() == goal_; }
    /// Ends `run`; only after a completed stop.
    void retire();
    /// The container that this task has or had last, and whether it is known to run.
    std::optional<std::string> const& container_id() const { return machine_.container_id(); }
    bool is_running() const { return machine_.is_running(); }

    Async<void> run();

    void container_changed(ContainerChange change) override;
    void daemon_is_back() override;

private:
    std::optional<Recorded> as_recorded(std::optional<model::TaskStatus> const& status) const;
    bool is_nothing_here(std::optional<model::TaskStatus> const& status) const;
    model::TaskStatus status_of(Report const& report) const;
    void take(TaskEvent event);
    void publish(Turn const& turn);

    Async<void> wait(std::optional<SteadyTime> alarm);
    void pull();
    /// Performs a step that suspends; answers its result.
    Async<TaskEvent> perform(Step step);
    Async<TaskEvent> inspect(Step step);
    Async<Result<std::optional<Observation>>> find_container(std::optional<std::string> known);
    Async<Result<std::optional<Observation>>> observe_other(ContainerState state,
                                                            std::optional<Observation> found);
    Async<Result<std::optional<Observation>>> observe(std::string container);
    Async<TaskEvent> prepare();
    Async<TaskEvent> create(Step step);

    SupervisorServices& services_;
    model::Job job_;
    std::string id_; ///< of the job, in full
    Ports ports_;
    model::Goal goal_; ///< as the reconciler has it
    std::uint64_t version_;
    TaskMachine machine_;
    std::optional<Semaphore::Slot> permit_; ///< to create and to start

    AutoResetEvent wake_;
    std::vector<TaskEvent> events_; ///< since the last turn
    bool retired_ = false;
};

} // namespace heliosd::agent
