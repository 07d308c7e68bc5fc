// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/desired.h"
#include "agent/state/status_writer.h"
#include "agent/tasks/cleanup.h"
#include "agent/tasks/reconcile.h"
#include "agent/tasks/supervisor.h"
#include "base/async/auto_reset_event.h"
#include "base/async/task_group.h"

#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace heliosd::agent {

/// Reconciles desired tasks with executions and supervisors, on every change and every 30 s. The
/// agent owns it and runs `run` in its group. While it is not allowed to act it has no supervisors,
/// and containers are left as they are.
class Reconciler {
public:
    /// `are_complete`: all executions of earlier processes are in `executions`.
    Reconciler(SupervisorServices& services, StatusWriter& statuses, Desired& desired,
               PortAllocator& allocator, Executions executions, bool are_complete);

    Executions const& executions() const { return executions_; }
    /// Something may have changed.
    void wake() { wake_.set(); }
    void allow(bool allowed);
    /// What a cleanup has to know; nothing before the first pass, and while not allowed to act.
    std::optional<CleanupInput> cleanup_input() const;
    /// How long a container of this job may take to end.
    std::chrono::seconds stop_time(std::string const& job) const;

    Async<void> run();

private:
    Async<void> act();
    void pass(bool first);
    void supervisor_failed(std::string_view id, std::exception_ptr failure);
    void note_versions(Executions const& before);
    void report_missing_ports(Plan const& plan);
    Result<Ports> find_ports(model::Job const& job, std::set<int> const& used);

    SupervisorServices& services_;
    StatusWriter& statuses_;
    Desired& desired_;
    PortAllocator& allocator_;
    Executions executions_;
    std::map<std::string, std::shared_ptr<Supervisor>> supervisors_;
    /// Of `executions.json`, by which each execution is on disk as it is; not there: before this
    /// process.
    std::map<std::string, std::uint64_t> versions_;
    std::optional<SteadyTime> records_since_; ///< containers seen later have complete records
    std::set<std::string> failed_;            ///< jobs whose supervisor ended with an exception
    TaskGroup group_;
    AutoResetEvent wake_;
    bool allowed_ = false;
    bool has_passed_ = false; ///< since it is allowed to act
};

} // namespace heliosd::agent
