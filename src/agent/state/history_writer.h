// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/executions.h"
#include "agent/state/state_file.h"
#include "base/async/auto_reset_event.h"
#include "store/store.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// Whether this host has a task of the job.
using HasTask = std::function<bool(std::string const& job)>;

/// Undelivered history: at most 30 events of a job and 600 in all, the oldest are dropped. Events
/// of one job have distinct timestamps, because these are their names in the tree.
class HistoryQueue {
public:
    void load(History history);
    void add(model::TaskStatus status, std::string host, std::int64_t now);
    /// The oldest of all; null when there is none.
    model::TaskStatusEvent const* oldest() const;
    /// Removes this event, if it is still there.
    void remove(std::string const& job, std::int64_t timestamp);
    void remove_job(std::string const& job);
    /// Moves the events of the job behind `newest`, in their order.
    void move_behind(std::string const& job, std::int64_t newest);
    /// Forgets the timestamps of jobs that have neither an event here nor a task.
    void forget_jobs_without(HasTask const& has_task);
    History const& all() const { return events_; }

private:
    void trim();

    History events_;
    std::map<std::string, std::int64_t> last_; ///< newest timestamp of each job
    std::size_t size_ = 0;
};

/// Which names to delete so that the 30 newest remain; names that are no numbers are left alone.
std::vector<std::string> surplus_events(std::set<std::int64_t> const& timestamps);

/// Delivers each status as an event below `/history/jobs/<job>/hosts/<host>/events` (spec/agent.md
/// §3.3), gathered for a second so that it never competes with a start. What cannot be delivered
/// waits here and in `task-history.json`, unless it never can be: then it is dropped. The agent
/// owns it and runs `run` in its group.
class HistoryWriter {
public:
    HistoryWriter(StateFile::Services services, store::Store& store, std::string host,
                  std::string file, HasTask has_task);

    void load(History history);
    void add(model::TaskStatus status);
    void allow(bool allowed);
    HistoryQueue const& queue() const { return queue_; }

    Async<void> run();
    StateFile& file() { return file_; }

private:
    Async<Result<>> drain();
    Async<Result<>> deliver(model::TaskStatusEvent event);
    Async<Result<bool>> prepare(std::string job);
    void forget_what_is_gone();

    Clock& clock_;
    store::Store& store_;
    std::string host_;
    HasTask has_task_;
    HistoryQueue queue_;
    /// What stands in the tree for each job, as far as it was written or listed here.
    std::map<std::string, std::set<std::int64_t>> delivered_;
    StateFile file_;
    AutoResetEvent wake_;
    bool allowed_ = false;
    bool failing_ = false;
};

} // namespace heliosd::agent
