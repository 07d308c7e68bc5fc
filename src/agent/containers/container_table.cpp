// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/container_table.h"

#include "agent/containers/container_spec.h"

#include <utility>

namespace heliosd::agent {
namespace {

std::string value_of(std::map<std::string, std::string> const& map, std::string_view key) {
    auto const found = map.find(std::string(key));
    return found == map.end() ? std::string() : found->second;
}

} // namespace

ContainerState container_state(std::string_view docker_state) {
    if (docker_state == "created") return ContainerState::created;
    bool const is_running =
        docker_state == "running" || docker_state == "paused" || docker_state == "restarting";
    return is_running ? ContainerState::running : ContainerState::ended;
}

void ContainerTable::add_job(model::JobId const& job) {
    prefixes_[container_name_prefix(agent_id_, job)] = job.to_string();
}

void ContainerTable::remove_job(std::string const& job) {
    std::erase_if(prefixes_, [&](auto const& entry) { return entry.second == job; });
}

void ContainerTable::claim(std::string container, std::string job) {
    if (auto const row = rows_.find(container); row != rows_.end()) row->second.job = job;
    claimed_[std::move(container)] = std::move(job);
}

void ContainerTable::replace(std::vector<docker::ContainerSummary> const& live, SteadyTime now) {
    auto const before = std::exchange(rows_, {});
    for (auto const& container : live) {
        auto const state = container_state(container.state);
        auto const name = container.names.empty() ? std::string() : container.names.front();
        if (state == ContainerState::ended || !is_ours(container.id, name, container.labels))
            continue;
        auto const old = before.find(container.id);
        bool const is_same = old != before.end() && old->second.state == state;
        rows_[container.id] = {.id = container.id,
                               .name = name,
                               .job = job_of(container.id, name, container.labels).value_or(""),
                               .state = state,
                               .labels = container.labels,
                               .created = container.created,
                               .since = is_same ? old->second.since : now};
    }
    for (auto const& event : during_list_) apply_now(event, now);
}

void ContainerTable::apply(docker::Event const& event, SteadyTime now) {
    if (lists_ > 0) during_list_.push_back(event);
    apply_now(event, now);
}

void ContainerTable::apply_now(docker::Event const& event, SteadyTime now) {
    if (event.action == "die" || event.action == "destroy") {
        rows_.erase(event.container_id);
        return;
    }
    bool const is_created = event.action == "create";
    if (!is_created && event.action != "start") return;
    auto const name = value_of(event.attributes, "name");
    if (!is_ours(event.container_id, name, event.attributes)) return;
    auto const state = is_created ? ContainerState::created : ContainerState::running;
    auto const old = rows_.find(event.container_id);
    if (old != rows_.end() && old->second.state == state) return;
    rows_[event.container_id] = {
        .id = event.container_id,
        .name = name,
        .job = job_of(event.container_id, name, event.attributes).value_or(""),
        .state = state,
        .labels = event.attributes,
        .created = event.time_nano / 1'000'000'000,
        .since = now};
}

bool ContainerTable::is_ours(std::string const& id, std::string const& name,
                             std::map<std::string, std::string> const& labels) const {
    if (claimed_.contains(id)) return true;
    // The name as well: `docker commit` copies the labels into the image, and so into containers
    // that an operator makes of it.
    auto const agent = value_of(labels, label_agent);
    return (agent.empty() || agent == agent_id_) &&
           name.starts_with(container_name_prefix(agent_id_));
}

std::optional<std::string>
ContainerTable::job_of(std::string const& id, std::string const& name,
                       std::map<std::string, std::string> const& labels) const {
    if (auto const claimed = claimed_.find(id); claimed != claimed_.end()) return claimed->second;
    if (!is_ours(id, name, labels)) return std::nullopt;
    if (value_of(labels, label_agent) == agent_id_)
        if (auto job = value_of(labels, label_job); !job.empty()) return job;
    // `helios-<agent>-<name_version_hash>_<hex>`: the prefix ends with the last underscore.
    auto const found = prefixes_.find(name.substr(0, name.rfind('_') + 1));
    if (found == prefixes_.end()) return std::nullopt;
    return found->second;
}

ContainerRow const* ContainerTable::find(std::string const& job, ContainerState state) const {
    ContainerRow const* newest = nullptr;
    for (auto const& [id, row] : rows_) {
        if (row.state != state) continue;
        bool const fits =
            row.job.empty() ? job_of(id, row.name, row.labels) == job : row.job == job;
        if (fits && (!newest || row.created > newest->created)) newest = &row;
    }
    return newest;
}

ContainerRow const* ContainerTable::find_id(std::string const& container) const {
    auto const found = rows_.find(container);
    return found == rows_.end() ? nullptr : &found->second;
}

std::vector<ContainerRow> ContainerTable::rows() const {
    std::vector<ContainerRow> all;
    all.reserve(rows_.size());
    for (auto const& [id, row] : rows_) {
        all.push_back(row);
        if (row.job.empty()) all.back().job = job_of(id, row.name, row.labels).value_or("");
    }
    return all;
}

} // namespace heliosd::agent
