// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/desired.h"
#include "agent/reconcile.h"
#include "agent/status_writer.h"
#include "agent/supervisor.h"
#include "base/task_group.h"

#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace heliosd::agent {

/// Turns desired tasks into executions and supervisors, again whenever something has changed. The
/// agent owns it and runs `run` in its group. While it is not allowed to act it has no supervisors;
/// containers are left as they are.
class Reconciler {
public:
    Reconciler(Workshop& workshop, StatusWriter& statuses, Desired& desired,
               PortAllocator& allocator, Executions executions);

    Executions const& executions() const { return executions_; }
    /// Something may have changed.
    void wake() { wake_.set(); }
    void allow(bool allowed);

    Async<void> run();

private:
    Async<void> act();
    void pass(bool first);
    void supervisor_failed(std::string_view id, std::exception_ptr failure);
    void report_missing_ports(Plan const& plan);
    Result<Ports> find_ports(model::Job const& job, std::set<int> const& used);

    Workshop& workshop_;
    StatusWriter& statuses_;
    Desired& desired_;
    PortAllocator& allocator_;
    Executions executions_;
    std::map<std::string, std::shared_ptr<Supervisor>> supervisors_;
    std::set<std::string> failed_; ///< jobs whose supervisor ended with an exception
    TaskGroup group_;
    Wakeup wake_;
    bool allowed_ = false;
};

} // namespace heliosd::agent
