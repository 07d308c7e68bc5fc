// SPDX-License-Identifier: Apache-2.0
#include "master/view/cluster_view.h"

#include "layout/paths.h"
#include "master/view/member_span.h"

#include <algorithm>

namespace heliosd::master {

namespace {

/// A Task or TaskStatus, whose job is looked up instead of read.
struct Parts {
    JobPtr job;
    json::Value rest; ///< the document, with the least that passes for a job
};

Result<Parts> split(JobTable& table, std::string_view data) {
    constexpr std::string_view stub = R"({"id":"a:1"})";
    auto const span = member_span(data, "job");
    if (span) {
        std::string rest(data.substr(0, span->begin));
        rest += stub;
        rest += data.substr(span->begin + span->length);
        auto document = TRY(json::parse(rest));
        auto job = table.intern(data.substr(span->begin, span->length));
        if (!job) return std::unexpected(in_context("job", job.error()));
        return Parts{std::move(*job), std::move(document)};
    }
    auto document = TRY(json::parse(data));
    auto const* const embedded = document.find("job");
    if (!embedded) return fail(Errc::invalid, "job is missing");
    auto job = table.intern(json::write(*embedded));
    if (!job) return std::unexpected(in_context("job", job.error()));
    return Parts{std::move(*job), std::move(document)};
}

/// The name after `jobs/`, when that is what `rest` is.
std::optional<std::string> job_in(std::string_view rest) {
    constexpr std::string_view prefix = "jobs/";
    if (!rest.starts_with(prefix)) return std::nullopt;
    auto const name = rest.substr(prefix.size());
    if (name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
    return std::string(name);
}

template <class T, class Read> Result<T> read_document(std::string const& data, Read read) {
    auto const document = TRY(json::parse(data));
    return read(document);
}

} // namespace

Result<JobPtr> JobTable::intern(std::string_view document) {
    auto const known = entries_.find(document);
    if (known != entries_.end()) {
        if (auto entry = known->second.lock()) return entry;
    }
    auto const value = TRY(json::parse(document));
    auto job = TRY(model::job_from_json(value));
    auto text = json::write(model::to_json(job, model::Mode::api));
    auto id = job.id.to_string();
    JobPtr entry =
        std::make_shared<JobEntry const>(JobEntry{std::move(id), std::move(job), std::move(text)});
    entries_.insert_or_assign(std::string(document), entry);
    sweep();
    return entry;
}

void JobTable::sweep() {
    if (entries_.size() < sweep_at_) return;
    std::erase_if(entries_, [](auto const& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, entries_.size() * 2);
}

Result<> ClusterView::apply(store::Change const& change) {
    if (auto const at = store::below(layout::config_jobs, change.path))
        return at->rest.empty() ? apply_job(std::string(at->name), change.node) : Result<>{};
    if (auto const at = store::below(layout::config_hosts, change.path))
        return apply_config(std::string(at->name), at->rest, change.node);
    if (auto const at = store::below(layout::status_hosts, change.path))
        return apply_status(std::string(at->name), at->rest, change.node);
    if (auto const at = store::below(layout::status_masters, change.path)) {
        if (at->rest == "up" && change.node)
            masters_.emplace(at->name);
        else if (!change.node && (at->rest.empty() || at->rest == "up"))
            masters_.erase(std::string(at->name));
    }
    return {};
}

std::vector<std::string> ClusterView::paths_below(std::string_view root) const {
    std::vector<std::string> known;
    auto const note = [&known](bool shown, std::string path) {
        if (shown) known.push_back(std::move(path));
    };
    if (root == layout::config_jobs)
        for (auto const& [id, job] : jobs_) note(true, layout::job(id));
    if (root == layout::status_masters)
        for (auto const& name : masters_) note(true, layout::status_master_up(name));
    for (auto const& [name, host] : hosts_) {
        if (root == layout::config_hosts) {
            note(host.configured, layout::host(name));
            note(host.registered, layout::host_id(name));
            for (auto const& [job, task] : host.tasks) note(true, layout::host_job(name, job));
        }
        if (root == layout::status_hosts) {
            note(host.reported, layout::status_host(name));
            note(host.up, layout::status_up(name));
            note(!host.labels.empty(), layout::status_labels(name));
            note(host.environment != "{}", layout::status_environment(name));
            for (auto const& [job, status] : host.statuses)
                note(true, layout::status_job(name, job));
        }
    }
    return known;
}

Result<> ClusterView::apply_job(std::string const& id, Node const& node) {
    jobs_.erase(id);
    if (!node) return {};
    auto const where = layout::job(id);
    auto const name = model::JobId::parse(id);
    if (!name) return std::unexpected(in_context(where, name.error()));
    auto job = table_.intern(node->data);
    if (!job) return std::unexpected(in_context(where, job.error()));
    jobs_.emplace(id, std::move(*job));
    return {};
}

Result<> ClusterView::apply_config(std::string const& host, std::string_view rest,
                                   Node const& node) {
    if (auto const job = job_in(rest)) return apply_task(host, *job, node);
    if (node) {
        if (rest.empty()) hosts_[host].configured = true;
        if (rest == "id") hosts_[host].registered = true;
        return {};
    }
    auto const found = hosts_.find(host);
    if (found == hosts_.end()) return {};
    auto& entry = found->second;
    if (rest.empty()) entry.configured = false;
    if (rest.empty() || rest == "id") entry.registered = false;
    if (rest.empty() || rest == "jobs") {
        while (!entry.tasks.empty()) {
            auto const job = entry.tasks.begin()->first;
            forget_task(host, job);
        }
    }
    tidy(host);
    return {};
}

Result<> ClusterView::apply_task(std::string const& host, std::string const& job,
                                 Node const& node) {
    forget_task(host, job);
    if (!node) {
        tidy(host);
        return {};
    }
    auto const where = layout::host_job(host, job);
    auto const parts = split(table_, node->data);
    if (!parts) return std::unexpected(in_context(where, parts.error()));
    auto task = model::task_from_json(parts->rest);
    if (!task) return std::unexpected(in_context(where, task.error()));
    auto deployment = model::deployment_of(*task);
    deployment.job_id = parts->job->job.id;
    hosts_[host].tasks[job] = {parts->job, task->goal,
                               json::write(model::to_json(deployment, model::Mode::api))};
    hosts_of_[job].insert(host);
    return {};
}

void ClusterView::forget_task(std::string const& host, std::string const& job) {
    auto const found = hosts_.find(host);
    if (found != hosts_.end()) found->second.tasks.erase(job);
    auto const index = hosts_of_.find(job);
    if (index == hosts_of_.end()) return;
    index->second.erase(host);
    if (index->second.empty()) hosts_of_.erase(index);
}

Result<> ClusterView::apply_status(std::string const& host, std::string_view rest,
                                   Node const& node) {
    if (auto const job = job_in(rest)) return apply_report(host, *job, node);
    if (!node) {
        auto const found = hosts_.find(host);
        if (found == hosts_.end()) return {};
        auto& entry = found->second;
        bool const all = rest.empty();
        if (all || rest == "up") entry.up = false;
        if (all || rest == "jobs") entry.statuses.clear();
        if (all || rest == "labels") entry.labels.clear();
        if (all || rest == "environment") entry.environment = "{}";
        if (all) entry.reported = false;
        if (all) entry.host_info = entry.agent_info = "null";
        tidy(host);
        return {};
    }
    if (rest.empty()) hosts_[host].reported = true;
    if (rest == "up") hosts_[host].up = true;
    if (rest == "labels" || rest == "environment") {
        auto map = read_document<model::StringMap>(node->data, model::string_map_from_json);
        if (!map) {
            auto const where = store::join(layout::status_host(host), rest);
            return std::unexpected(in_context(where, map.error()));
        }
        if (rest == "labels")
            hosts_[host].labels = std::move(*map);
        else
            hosts_[host].environment = json::write(model::to_json(*map));
    }
    return {};
}

Result<> ClusterView::apply_report(std::string const& host, std::string const& job,
                                   Node const& node) {
    if (!node) {
        auto const found = hosts_.find(host);
        if (found == hosts_.end()) return {};
        found->second.statuses.erase(job);
        tidy(host);
        return {};
    }
    auto const where = layout::status_job(host, job);
    auto const parts = split(table_, node->data);
    if (!parts) return std::unexpected(in_context(where, parts.error()));
    auto const status = model::task_status_from_json(parts->rest);
    if (!status) return std::unexpected(in_context(where, status.error()));
    auto without_job = model::to_json(*status, model::Mode::api);
    without_job.if_object()->erase("job");
    auto rest = json::write(without_job).substr(1);
    hosts_[host].statuses[job] = {parts->job, status->state, std::move(rest)};
    return {};
}

Result<> ClusterView::set_host_info(std::string const& host,
                                    std::optional<std::string> const& document) {
    auto const found = hosts_.find(host);
    if (found == hosts_.end()) return {};
    found->second.host_info = "null";
    if (!document) return {};
    auto const info = read_document<model::HostInfo>(*document, model::host_info_from_json);
    if (!info) return std::unexpected(in_context(layout::status_host_info(host), info.error()));
    found->second.host_info = json::write(model::to_json(*info, model::Mode::api));
    return {};
}

Result<> ClusterView::set_agent_info(std::string const& host,
                                     std::optional<std::string> const& document) {
    auto const found = hosts_.find(host);
    if (found == hosts_.end()) return {};
    found->second.agent_info = "null";
    if (!document) return {};
    auto const info = read_document<model::AgentInfo>(*document, model::agent_info_from_json);
    if (!info) return std::unexpected(in_context(layout::status_agent_info(host), info.error()));
    found->second.agent_info = json::write(model::to_json(*info, model::Mode::api));
    return {};
}

void ClusterView::tidy(std::string const& host) {
    auto const found = hosts_.find(host);
    if (found == hosts_.end()) return;
    auto const& entry = found->second;
    bool const anything = entry.configured || entry.registered || entry.up || entry.reported ||
                          !entry.tasks.empty() || !entry.statuses.empty();
    if (!anything) hosts_.erase(found);
}

JobPtr ClusterView::job(std::string_view id) const {
    auto const found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : found->second;
}

HostEntry const* ClusterView::host(std::string_view name) const {
    auto const found = hosts_.find(name);
    return found == hosts_.end() ? nullptr : &found->second;
}

std::set<std::string> const& ClusterView::hosts_of(std::string_view job) const {
    static std::set<std::string> const none;
    auto const found = hosts_of_.find(job);
    return found == hosts_of_.end() ? none : found->second;
}

store::Interest interest_in(std::string_view path) {
    constexpr store::Interest names{.children = true}, content{.data = true}, nothing{};
    if (path == layout::config_jobs || path == layout::config_hosts ||
        path == layout::status_hosts || path == layout::status_masters)
        return names;
    if (auto const at = store::below(layout::config_jobs, path))
        return at->rest.empty() ? content : nothing;
    if (auto const at = store::below(layout::config_hosts, path)) {
        if (at->rest.empty() || at->rest == "jobs") return names;
        return at->rest == "id" || job_in(at->rest) ? content : nothing;
    }
    if (auto const at = store::below(layout::status_hosts, path)) {
        if (at->rest.empty() || at->rest == "jobs") return names;
        bool const wanted = at->rest == "up" || at->rest == "labels" || at->rest == "environment";
        return wanted || job_in(at->rest) ? content : nothing;
    }
    if (auto const at = store::below(layout::status_masters, path)) {
        if (at->rest.empty()) return names;
        return at->rest == "up" ? content : nothing;
    }
    return nothing;
}

} // namespace heliosd::master
