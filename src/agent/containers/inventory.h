// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/container_table.h"
#include "base/async/rng.h"
#include "base/async/task_group.h"
#include "docker/engine.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::agent {

/// What happened to a container of a job.
struct ContainerChange {
    enum class Kind {
        started,
        died,
        signalled, ///< somebody sent it a signal, as `docker stop` and `docker restart` do first
        doubtful,  ///< what is believed of the containers of the job may be wrong: inspect
    } kind = Kind::doubtful;
    std::string container; ///< empty for `doubtful`
    int exit_code = 0;     ///< of one that died
};

/// Receives changes of the containers of one job. The calls come from the loop and must only take
/// notes.
class ContainerListener {
public:
    virtual ~ContainerListener() = default;
    virtual void container_changed(ContainerChange change) = 0;
    /// The daemon answers again after an outage.
    virtual void daemon_is_back() = 0;
};

/// All containers of this agent on the engine, kept up to date by one event stream. Events are not
/// replayed, so at the start, after every reconnect and every 30 s a list of the live containers
/// finds what the stream did not report. Ended containers are listed on request only, a limited
/// number at a time, so that thousands of them cost nothing. The agent owns it and runs `run` in
/// its group.
class Inventory {
public:
    Inventory(Executor executor, Clock& clock, Rng& rng, docker::Engine& engine,
              std::string agent_id);

    Async<void> run();

    /// `listener` receives the changes of containers of `job`, also of unlabelled ones that bear
    /// its name. A later subscriber of the same job takes its place.
    void subscribe(model::JobId const& job, ContainerListener& listener);
    /// Does nothing when another listener has taken its place.
    void unsubscribe(model::JobId const& job, ContainerListener const& listener);
    /// The container belongs to the job whatever its name and labels.
    void claim(std::string container, std::string job);
    void release(std::string const& container) { table_.release(container); }

    /// Whether a list of the live containers has been read.
    bool is_known() const { return known_; }
    /// Reads one now unless that has been done.
    Async<Result<>> learn();
    /// Reads one now.
    Async<Result<>> sweep();
    /// The newest container of the job in this state; null when there is none.
    ContainerRow const* find(std::string const& job, ContainerState state) const {
        return table_.find(job, state);
    }
    ContainerRow const* find_id(std::string const& container) const {
        return table_.find_id(container);
    }
    std::vector<ContainerRow> rows() const { return table_.rows(); }
    /// The newest ended containers of this agent, the newest first.
    Async<Result<std::vector<ContainerRow>>> list_ended();
    /// How many containers are known to have ended; a reason to call `list_ended` when it changes.
    std::uint64_t deaths() const { return deaths_; }

    /// Raised by every successful sweep.
    void on_sweep(std::function<void()> callback) { on_sweep_ = std::move(callback); }

private:
    Async<void> follow_events();
    Async<void> sweep_regularly();
    void route(docker::Event const& event);
    void notify(std::string const& job, ContainerChange change);
    void compare_claims();
    void daemon_failed(Error const& error);
    void daemon_answered();

    Clock& clock_;
    Rng& rng_;
    docker::Engine& engine_;
    std::string agent_id_;
    TaskGroup group_;
    ContainerTable table_;
    std::map<std::string, ContainerListener*> listeners_; ///< by job
    std::map<std::string, std::string> claimed_;          ///< job → its present container
    std::function<void()> on_sweep_;
    std::uint64_t deaths_ = 1;
    bool known_ = false;
    bool away_ = false;
};

} // namespace heliosd::agent
