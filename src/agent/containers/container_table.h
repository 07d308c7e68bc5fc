// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "docker/container.h"
#include "model/job_id.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::agent {

/// What a container does. Paused and restarting containers count as running.
enum class ContainerState { created, running, ended };

/// Docker's word for a state, as lists and inspections have it.
ContainerState container_state(std::string_view docker_state);

/// One container of this agent.
struct ContainerRow {
    std::string id, name;
    std::string job; ///< full id; empty when neither a label, the name nor a record tells
    ContainerState state = ContainerState::running;
    std::map<std::string, std::string> labels;
    std::int64_t created = 0; ///< seconds since the epoch
    SteadyTime since{};       ///< first seen in this state
};

/// The live containers of this agent (created or running), as lists and events report them; pure.
/// A container belongs to the agent by its label `helios.agent.id`, by its name `helios-<id>-…`, or
/// because a status recorded its id: containers of the reference bear no labels.
class ContainerTable {
public:
    explicit ContainerTable(std::string agent_id) : agent_id_(std::move(agent_id)) {}

    /// Containers without labels find this job by their name from now on.
    void add_job(model::JobId const& job);
    void remove_job(std::string const& job);
    /// The container belongs to `job` whatever its name and labels.
    void claim(std::string container, std::string job);
    void release(std::string const& container) { claimed_.erase(container); }

    /// While one lives, events are remembered: the list asked for in the meantime may be older than
    /// they are. It must not outlive the table.
    class ListInProgress {
    public:
        explicit ListInProgress(ContainerTable& table) : table_(table) { ++table_.lists_; }
        ~ListInProgress() {
            if (--table_.lists_ == 0) table_.during_list_.clear();
        }
        ListInProgress(ListInProgress const&) = delete;
        ListInProgress& operator=(ListInProgress const&) = delete;

    private:
        ContainerTable& table_;
    };
    /// Takes over a complete list of live containers, then the events of the lists in progress.
    void replace(std::vector<docker::ContainerSummary> const& live, SteadyTime now);
    void apply(docker::Event const& event, SteadyTime now);

    /// The job of a container with this id, name and labels, if it is one of this agent.
    std::optional<std::string> job_of(std::string const& id, std::string const& name,
                                      std::map<std::string, std::string> const& labels) const;
    /// Whether it is one of this agent's, even if its job is not known.
    bool is_ours(std::string const& id, std::string const& name,
                 std::map<std::string, std::string> const& labels) const;

    /// The newest container of the job in this state; null when there is none.
    ContainerRow const* find(std::string const& job, ContainerState state) const;
    ContainerRow const* find_id(std::string const& container) const;
    bool is_alive(std::string const& container) const { return rows_.contains(container); }
    std::vector<ContainerRow> rows() const;

private:
    void apply_now(docker::Event const& event, SteadyTime now);

    std::string agent_id_;
    std::map<std::string, std::string> prefixes_; ///< name prefix → job
    std::map<std::string, std::string> claimed_;  ///< container → job
    std::map<std::string, ContainerRow> rows_;    ///< by id
    int lists_ = 0;                               ///< under way
    std::vector<docker::Event> during_list_;
};

} // namespace heliosd::agent
