// SPDX-License-Identifier: Apache-2.0
#include "sim/checks.h"

#include "agent/containers/container_spec.h"
#include "agent/state/executions.h"
#include "layout/paths.h"
#include "master/writes/deployment_writes.h"
#include "master/writes/job_writes.h"
#include "model/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace heliosd::sim {

using namespace std::chrono_literals;
using Problem = std::optional<std::string>;
using Entry = store::EmbeddedTree::Entry;

namespace {

Entry const* entry(Cluster& cluster, std::string_view path) {
    return cluster.ensemble.leader().find(path);
}

std::set<std::string> names(Cluster& cluster, std::string_view path) {
    auto const* found = entry(cluster, path);
    return found ? std::set<std::string>(found->children.begin(), found->children.end())
                 : std::set<std::string>{};
}

std::string job_of(test::FakeEngine::Container const& container) {
    auto const label = container.info.labels.find(std::string(agent::label_job));
    return label == container.info.labels.end() ? std::string() : label->second;
}

std::optional<model::Task> task_at(Cluster& cluster, std::string const& host,
                                   std::string const& job) {
    auto const* found = entry(cluster, layout::host_job(host, job));
    auto const document = found ? json::parse(found->data) : json::parse("");
    if (!document) return std::nullopt;
    auto task = model::task_from_json(*document);
    if (!task) return std::nullopt;
    return std::move(*task);
}

/// The jobs that the agent rightly takes for lost by the cluster, so that their containers go on.
/// When a task, the node that listed it and its job are removed before the agent reads any of that,
/// nothing distinguishes it from a cluster that lost its data. An orphan stays one until the agent
/// reads that it is deployed.
std::set<std::string> rightful_orphans(Cluster& cluster, History const& history,
                                       std::string const& host) {
    std::set<std::string> orphans;
    for (auto const& agent : cluster.agents) {
        auto const text = agent->files.read("/state/heliosd.json");
        if (agent->name() != host || !text) continue;
        if (auto own = agent::own_state_from_text(*text)) orphans = std::move(own->orphans);
    }
    std::erase_if(orphans, [&](auto const& job) {
        auto const looks_lost = [&](History::Window const& absence) {
            return history.was_removed(layout::host_jobs(host), absence) &&
                   history.was_absent(layout::job(job), absence);
        };
        auto const task = layout::host_job(host, job);
        return entry(cluster, task) || std::ranges::none_of(history.absences(task), looks_lost);
    });
    return orphans;
}

/// What a host runs.
struct Running {
    std::map<std::string, std::vector<std::string>> containers; ///< by job
    std::set<std::string> orphans;
    std::set<int> orphan_ports;
};

Running running_at(Cluster& cluster, History const& history, DockerHost& docker) {
    Running running{.orphans = rightful_orphans(cluster, history, docker.name())};
    for (auto const& container : docker.engine().containers()) {
        auto const job = job_of(container);
        if (container.info.running) running.containers[job].push_back(container.info.id);
        if (!running.orphans.contains(job)) continue;
        for (auto const& port : container.spec.ports) running.orphan_ports.insert(port.host_port);
    }
    return running;
}

Problem check_task(Cluster& cluster, std::string const& host, model::Task const& task,
                   Running& running) {
    auto const job = task.job.id.to_string();
    auto const& containers = running.containers[job];
    bool const starts = task.goal == model::Goal::start;
    // An orphan keeps its ports; a job that wants them says FAILED.
    bool const is_blocked =
        starts && std::ranges::any_of(master::claimed_ports(task.job), [&](int port) {
            return running.orphan_ports.contains(port);
        });
    bool const runs = starts && !is_blocked;
    if (containers.size() != (runs ? 1u : 0u))
        return fmt::format("{}: {} containers of {} run, goal {}", host, containers.size(), job,
                           model::to_string(task.goal));
    auto const* found = entry(cluster, layout::status_job(host, job));
    // An agent that never read another goal than STOP publishes nothing (spec/agent.md §4).
    if (!found && !starts) return std::nullopt;
    if (!found) return fmt::format("{}: {} has no status", host, job);
    auto const status = model::task_status_from_json(json::parse(found->data).value()).value();
    auto const wanted = is_blocked ? model::TaskState::failed
                        : starts   ? model::TaskState::running
                                   : model::TaskState::stopped;
    if (status.state != wanted || status.goal != task.goal)
        return fmt::format("{}: the status of {} is {}, its goal {}", host, job,
                           to_string(status.state), to_string(task.goal));
    if (runs && status.container_id != containers.front())
        return fmt::format("{}: the status of {} names another container", host, job);
    return std::nullopt;
}

Problem check_host(Cluster& cluster, History const& history, DockerHost& docker) {
    auto const& host = docker.name();
    if (!entry(cluster, layout::host_id(host))) return host + " is not registered";
    auto const* up = entry(cluster, layout::status_up(host));
    if (!up || !cluster.ensemble.is_alive(up->stat.ephemeral_owner)) return host + " is not up";

    auto running = running_at(cluster, history, docker);
    auto const desired = names(cluster, layout::host_jobs(host));
    for (auto const& job : desired) {
        auto const task = task_at(cluster, host, job);
        if (!task) return fmt::format("{}: the task of {} makes no sense", host, job);
        if (auto problem = check_task(cluster, host, *task, running)) return problem;
    }
    auto const is_expected = [&](auto const& job) {
        return desired.contains(job) || running.orphans.contains(job);
    };
    for (auto const& [job, containers] : running.containers)
        if (!containers.empty() && !is_expected(job))
            return fmt::format("{}: {} runs and is not deployed", host, job);
    for (auto const& job : names(cluster, layout::status_jobs(host)))
        if (!is_expected(job)) return fmt::format("{}: the ghost of {} has a status", host, job);
    return std::nullopt;
}

/// Exactly one creation marker below `path`, and nothing else but `allowed`.
Problem check_marker(Cluster& cluster, std::string const& path, std::string_view allowed) {
    int markers = 0;
    for (auto const& name : names(cluster, path)) {
        if (name.starts_with(layout::creation_prefix))
            ++markers;
        else if (name != allowed)
            return fmt::format("{} has a child {}", path, name);
    }
    if (markers != 1) return fmt::format("{} has {} creation markers", path, markers);
    return std::nullopt;
}

Problem check_jobs(Cluster& cluster) {
    std::set<std::string> references;
    for (auto const& job : names(cluster, layout::config_jobs)) {
        if (auto problem = check_marker(cluster, layout::job(job), "hosts")) return problem;
        auto const id = model::JobId::parse(job).value();
        references.insert(master::reference_name(id));
        for (auto const& host : names(cluster, layout::job_hosts(job)))
            if (!entry(cluster, layout::host_job(host, job)))
                return fmt::format("{} is listed at {} and not deployed there", host, job);
    }
    for (auto const& reference : names(cluster, layout::config_job_refs))
        if (!references.contains(reference)) return "left behind: reference " + reference;
    return std::nullopt;
}

Problem check_deployments(Cluster& cluster) {
    for (auto const& host : names(cluster, layout::config_hosts)) {
        std::map<std::string, std::string> claims;
        for (auto const& job : names(cluster, layout::host_jobs(host))) {
            auto const task = task_at(cluster, host, job);
            if (!task) return fmt::format("the task of {} at {} makes no sense", job, host);
            if (auto problem = check_marker(cluster, layout::host_job(host, job), ""))
                return problem;
            if (!entry(cluster, layout::job(job)))
                return fmt::format("{} is deployed at {} and does not exist", job, host);
            if (!entry(cluster, layout::job_host(job, host)))
                return fmt::format("{} is deployed at {} and not listed there", job, host);
            for (auto const port : master::claimed_ports(task->job))
                claims[std::to_string(port)] = json::quoted(job);
        }
        for (auto const& port : names(cluster, layout::host_ports(host))) {
            auto const claim = claims.extract(port);
            if (claim.empty()) return fmt::format("left behind: port {} of {}", port, host);
            if (entry(cluster, layout::host_ports(host) + "/" + port)->data != claim.mapped())
                return fmt::format("port {} of {} is claimed by another job", port, host);
        }
        if (!claims.empty())
            return fmt::format("port {} of {} is not claimed", claims.begin()->first, host);
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> find_difference(Cluster& cluster, History const& history) {
    if (auto problem = check_jobs(cluster)) return problem;
    if (auto problem = check_deployments(cluster)) return problem;
    for (auto const& docker : cluster.hosts)
        if (auto problem = check_host(cluster, history, *docker)) return problem;
    return std::nullopt;
}

bool is_stop_wanted(History const& history, DockerHost& host,
                    test::FakeEngine::Container const& container, SteadyTime created) {
    auto const job = job_of(container);
    for (auto const& other : host.engine().containers())
        if (other.info.running && other.info.id != container.info.id && job_of(other) == job)
            return true;
    // What an agent does to a container, it may have decided from a goal it read a while ago.
    constexpr Duration slack = 15s;
    auto const from = created.time_since_epoch() > slack ? created - slack : SteadyTime{};
    History::Window const window{history.moment(from), history.now()};
    return history.was(layout::host_job(host.name(), job), window, [](auto const& state) {
        return !state.exists || state.data.find(R"("goal":"START")") == std::string::npos;
    });
}

} // namespace heliosd::sim
