// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/task_group.h"
#include "docker/engine.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace heliosd::agent {

/// Whoever looks after a container. The calls come from the loop and only take notes.
class ContainerListener {
public:
    virtual ~ContainerListener() = default;
    /// Docker said that this container has ended.
    virtual void container_died(std::string const& container) = 0;
    /// What is believed of the container may be wrong: inspect it.
    virtual void look_again() = 0;
    /// The daemon answers again after an outage.
    virtual void daemon_is_back() = 0;
};

/// The agent's one event stream from Docker. Events are not replayed, so at the start, after every
/// reconnect and every 30 s a list of all containers catches what the stream did not tell. The
/// agent owns it and runs `run` in its group.
class ContainerWatch {
public:
    struct Found {
        std::string id;
        std::map<std::string, std::string> labels;
    };

    ContainerWatch(Executor executor, Clock& clock, Rng& rng, docker::Engine& engine,
                   std::string agent_id);

    Async<void> run();

    void add(std::string job, ContainerListener& listener) { listeners_[job] = &listener; }
    /// Does nothing when somebody else has taken its place.
    void remove(std::string const& job, ContainerListener const& listener);
    /// Events of `container` go to `listener` until `untrack`.
    void track(std::string container, ContainerListener& listener);
    void untrack(std::string const& container) { tracked_.erase(container); }

    /// Whether a list of the containers of this agent has been read.
    bool knows_containers() const { return known_; }
    /// Reads it now unless that has been done.
    Async<Result<>> learn_containers();
    /// A running container that bears the labels of this agent and of `job`, as of the last list.
    std::optional<Found> running_container(std::string const& job) const;

    /// Raised when the daemon answers for the first time, and again after each outage.
    void on_answer(std::function<void()> callback) { on_answer_ = std::move(callback); }

private:
    Async<void> follow_events();
    Async<void> sweep_regularly();
    Async<Result<>> sweep();
    void route(docker::Event const& event);
    void daemon_failed(Error const& error);
    void daemon_answered();

    Clock& clock_;
    Rng& rng_;
    docker::Engine& engine_;
    std::string agent_id_;
    TaskGroup group_;
    std::map<std::string, ContainerListener*> listeners_; ///< by job
    std::map<std::string, ContainerListener*> tracked_;   ///< by container
    std::map<std::string, Found> running_;                ///< by job
    std::function<void()> on_answer_;
    bool known_ = false;
    bool away_ = false;
};

} // namespace heliosd::agent
