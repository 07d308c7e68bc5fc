// SPDX-License-Identifier: Apache-2.0
#include "master/view/cluster_view.h"

#include "layout/paths.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <type_traits>

namespace heliosd::master {

/// One change on its way into the view. An edit sets `before` and `after`; they stay equal when
/// nothing changes.
struct ClusterView::Edit {
    std::string host, job;
    store::Node const* node = nullptr; ///< null: the node does not exist
    ChangeValue before, after;
    std::optional<Error> unreadable;

    /// What `read` makes of the node's data; nothing when it is absent or unreadable.
    template <class Read>
    typename std::invoke_result_t<Read, std::string_view>::value_type value(Read read) {
        if (!node) return {};
        auto result = read(std::string_view(node->data));
        if (result) return std::move(*result);
        unreadable = std::move(result.error());
        return {};
    }
    /// Replaces a text, which is `absent` when there is no node.
    template <class T> void replace(T& member, T fresh, T const& absent) {
        if (member != absent) before = member;
        if (fresh != absent) after = fresh;
        member = std::move(fresh);
    }
    /// Sets or clears a mark.
    void mark(bool& member) {
        if (member) before = true;
        if (node) after = true;
        member = node != nullptr;
    }
    /// Replaces the entry `key` of a map of pointers; an equal value stays as it is.
    template <class Map> void replace_entry(Map& map, std::string const& key, auto fresh) {
        auto const found = map.find(key);
        if (found != map.end()) {
            before = found->second;
            if (fresh && *fresh == *found->second) fresh = found->second;
        }
        if (fresh) after = fresh;
        if (fresh)
            map.insert_or_assign(key, std::move(fresh));
        else if (found != map.end())
            map.erase(found);
    }
};

/// The one table of what is followed, where it stands, and what becomes of it.
struct FollowedNode {
    std::string_view pattern; ///< `{host}` and `{job}` stand for one segment each
    store::Interest interest;
    std::optional<ChangeKind> kind; ///< nothing: it only has children
    void (ClusterView::*edit)(ClusterView::Edit&) = nullptr;

    struct Match;
    static std::span<FollowedNode const> table();
    static std::optional<Match> find(std::string_view path);
};

struct FollowedNode::Match {
    FollowedNode const* node = nullptr;
    std::string_view host, job;
};

namespace {

constexpr store::Interest names{.children = true}, content{.data = true};
/// Read in turns instead of followed: agents rewrite it every minute.
constexpr store::Interest swept{};

/// Whether `path` matches; `capture` gets what stands for each placeholder.
template <class Capture>
bool matches(std::string_view pattern, std::string_view path, Capture capture) {
    while (!pattern.empty() && !path.empty()) {
        pattern.remove_prefix(1); // the slash of each
        if (!path.starts_with('/')) return false;
        path.remove_prefix(1);
        auto const wanted = pattern.substr(0, pattern.find('/'));
        auto const segment = path.substr(0, path.find('/'));
        if (wanted.starts_with('{') && !segment.empty())
            capture(wanted, segment);
        else if (wanted != segment)
            return false;
        pattern.remove_prefix(wanted.size());
        path.remove_prefix(segment.size());
    }
    return pattern.empty() && path.empty();
}

} // namespace

std::span<FollowedNode const> FollowedNode::table() {
    using Kind = ChangeKind;
    using View = ClusterView;
    static constexpr std::array nodes{
        FollowedNode{"/config/jobs", names, {}},
        FollowedNode{"/config/jobs/{job}", content, Kind::job, &View::edit_job},
        FollowedNode{"/config/hosts", names, {}},
        FollowedNode{"/config/hosts/{host}", names, Kind::host, &View::edit_host},
        FollowedNode{"/config/hosts/{host}/id", content, Kind::registration,
                     &View::edit_registration},
        FollowedNode{"/config/hosts/{host}/jobs", names, {}},
        FollowedNode{"/config/hosts/{host}/jobs/{job}", content, Kind::task, &View::edit_task},
        FollowedNode{"/status/hosts", names, {}},
        FollowedNode{"/status/hosts/{host}", names, Kind::agent, &View::edit_agent},
        FollowedNode{"/status/hosts/{host}/up", content, Kind::up, &View::edit_up},
        FollowedNode{"/status/hosts/{host}/labels", content, Kind::labels, &View::edit_labels},
        FollowedNode{"/status/hosts/{host}/environment", content, Kind::environment,
                     &View::edit_environment},
        FollowedNode{"/status/hosts/{host}/hostinfo", swept, Kind::host_info,
                     &View::edit_host_info},
        FollowedNode{"/status/hosts/{host}/agentinfo", swept, Kind::agent_info,
                     &View::edit_agent_info},
        FollowedNode{"/status/hosts/{host}/jobs", names, {}},
        FollowedNode{"/status/hosts/{host}/jobs/{job}", content, Kind::status, &View::edit_status},
        FollowedNode{"/status/masters", names, {}},
        FollowedNode{"/status/masters/{host}", names, {}},
        FollowedNode{"/status/masters/{host}/up", content, Kind::master, &View::edit_master},
    };
    return nodes;
}

std::optional<FollowedNode::Match> FollowedNode::find(std::string_view path) {
    for (auto const& node : table()) {
        Match match{.node = &node};
        auto const capture = [&match](std::string_view name, std::string_view value) {
            (name == "{host}" ? match.host : match.job) = value;
        };
        if (matches(node.pattern, path, capture)) return match;
    }
    return std::nullopt;
}

Applied ClusterView::apply(store::Change const& change, std::int64_t batch_zxid) {
    Applied applied;
    if (change.node) {
        newest_zxid_ = std::max({newest_zxid_, batch_zxid, change.node->stat.mzxid});
        apply_one(change.path, &*change.node, change.node->stat.mzxid, applied);
        return applied;
    }
    newest_zxid_ = std::max(newest_zxid_, batch_zxid);
    for (auto const& path : nodes_below(change.path) | std::views::reverse)
        apply_one(path, nullptr, newest_zxid_, applied);
    apply_one(change.path, nullptr, newest_zxid_, applied);
    return applied;
}

void ClusterView::apply_one(std::string_view path, store::Node const* node, std::int64_t zxid,
                            Applied& applied) {
    auto const match = FollowedNode::find(path);
    if (!match || !match->node->kind) return;
    Edit edit{.host = std::string(match->host), .job = std::string(match->job), .node = node};
    (this->*match->node->edit)(edit);
    if (edit.unreadable) applied.unreadable = in_context(std::string(path), *edit.unreadable);
    if (edit.before != edit.after) {
        ClusterChange change{.kind = *match->node->kind,
                             .host = std::move(edit.host),
                             .job = std::move(edit.job),
                             .before = std::move(edit.before),
                             .after = std::move(edit.after),
                             .zxid = zxid,
                             .revision = ++revision_};
        raise_revisions(change);
        applied.changes.push_back(std::move(change));
    }
    tidy(std::string(match->host));
}

void ClusterView::raise_revisions(ClusterChange const& change) {
    using Kind = ChangeKind;
    auto const host = hosts_.find(change.host);
    if (host != hosts_.end()) host->second.revision = revision_;
    auto const job = job_index_.find(change.job);
    if (job != job_index_.end()) job->second.revision = revision_;
    if (change.kind == Kind::job) jobs_revision_ = revision_;
    if (change.kind == Kind::host || change.kind == Kind::labels) hosts_revision_ = revision_;
    if (change.kind == Kind::master) masters_revision_ = revision_;
}

void ClusterView::edit_job(Edit& edit) {
    auto fresh = edit.value([&](std::string_view data) -> Result<JobPtr> {
        TRY(model::JobId::parse(edit.job));
        return table_.intern(data);
    });
    if (fresh) job_index_[edit.job];
    edit.replace_entry(jobs_, edit.job, JobPtr(fresh));
    auto const index = job_index_.find(edit.job);
    if (!fresh && index != job_index_.end() && index->second.hosts.empty()) job_index_.erase(index);
}

void ClusterView::edit_host(Edit& edit) {
    auto const host = hosts_.try_emplace(edit.host).first;
    edit.mark(host->second.configured);
    if (edit.node)
        listed_hosts_.insert(host->first);
    else
        listed_hosts_.erase(host->first);
}

void ClusterView::edit_registration(Edit& edit) {
    auto& id = hosts_[edit.host].registration_id;
    if (id) edit.before = *id;
    id.reset();
    if (!edit.node) return;
    id = edit.node->data;
    edit.after = *id;
}

void ClusterView::edit_task(Edit& edit) {
    auto fresh = edit.value([&](std::string_view data) { return read_task(table_, data); });
    if (fresh) job_index_[edit.job].hosts.insert(edit.host);
    edit.replace_entry(hosts_[edit.host].tasks, edit.job, fresh);
    auto const index = job_index_.find(edit.job);
    if (fresh || index == job_index_.end()) return;
    index->second.hosts.erase(edit.host);
    if (index->second.hosts.empty() && !jobs_.contains(edit.job)) job_index_.erase(index);
}

void ClusterView::edit_agent(Edit& edit) {
    edit.mark(hosts_[edit.host].reported);
}

void ClusterView::edit_up(Edit& edit) {
    auto& up = hosts_[edit.host].up;
    if (up) edit.before = *up;
    up.reset();
    if (!edit.node) return;
    up = edit.node->stat.czxid;
    edit.after = *up;
}

void ClusterView::edit_labels(Edit& edit) {
    edit.replace(hosts_[edit.host].labels, edit.value(read_labels), {});
}

void ClusterView::edit_environment(Edit& edit) {
    auto fresh = edit.value(read_environment);
    if (fresh.empty()) fresh = "{}";
    edit.replace(hosts_[edit.host].environment, std::move(fresh), std::string("{}"));
}

void ClusterView::edit_host_info(Edit& edit) {
    auto const host = hosts_.find(edit.host);
    if (host == hosts_.end()) return; // removed since its info was read
    auto fresh = edit.value(read_host_info);
    if (fresh.empty()) fresh = "null";
    edit.replace(host->second.host_info, std::move(fresh), std::string("null"));
}

void ClusterView::edit_agent_info(Edit& edit) {
    auto const host = hosts_.find(edit.host);
    if (host == hosts_.end()) return;
    auto fresh = edit.value(read_agent_info);
    if (fresh.empty()) fresh = "null";
    edit.replace(host->second.agent_info, std::move(fresh), std::string("null"));
}

void ClusterView::edit_status(Edit& edit) {
    auto fresh = edit.value([&](std::string_view data) { return read_status(table_, data); });
    edit.replace_entry(hosts_[edit.host].statuses, edit.job, fresh);
}

void ClusterView::edit_master(Edit& edit) {
    bool known = masters_.contains(edit.host);
    edit.mark(known);
    if (known)
        masters_.insert(edit.host);
    else
        masters_.erase(edit.host);
}

void ClusterView::tidy(std::string const& host) {
    auto const found = hosts_.find(host);
    if (found == hosts_.end()) return;
    auto const& entry = found->second;
    bool const known = entry.configured || entry.registration_id || entry.up || entry.reported ||
                       !entry.tasks.empty() || !entry.statuses.empty() || !entry.labels.empty() ||
                       entry.environment != "{}";
    if (!known) hosts_.erase(found);
}

std::vector<std::string> ClusterView::nodes_below(std::string_view path) const {
    std::vector<std::string> nodes;
    auto const prefix = std::string(path) + '/';
    auto const note = [&](bool known, std::string node) {
        if (known && node.starts_with(prefix)) nodes.push_back(std::move(node));
    };
    auto const note_host = [&](std::string const& name, HostEntry const& host) {
        note(host.configured, layout::host(name));
        note(host.registration_id.has_value(), layout::host_id(name));
        for (auto const& [job, task] : host.tasks) note(true, layout::host_job(name, job));
        note(host.reported, layout::status_host(name));
        note(host.up.has_value(), layout::status_up(name));
        note(!host.labels.empty(), layout::status_labels(name));
        note(host.environment != "{}", layout::status_environment(name));
        note(host.host_info != "null", layout::status_host_info(name));
        note(host.agent_info != "null", layout::status_agent_info(name));
        for (auto const& [job, status] : host.statuses) note(true, layout::status_job(name, job));
    };
    auto const match = FollowedNode::find(path);
    if (match && !match->host.empty() && !path.starts_with(layout::status_masters)) {
        auto const host = hosts_.find(match->host);
        if (host != hosts_.end()) note_host(host->first, host->second);
        return nodes;
    }
    if (path == layout::config_jobs)
        for (auto const& [id, job] : jobs_) note(true, layout::job(id));
    if (path == layout::config_hosts || path == layout::status_hosts)
        for (auto const& [name, host] : hosts_) note_host(name, host);
    if (path.starts_with(layout::status_masters))
        for (auto const& name : masters_) note(true, layout::status_master_up(name));
    return nodes;
}

std::vector<std::string> ClusterView::paths_below(std::string_view root) const {
    auto paths = nodes_below(root);
    std::erase_if(paths, [](std::string const& path) {
        auto const interest = interest_in(path);
        return !interest.data && !interest.children;
    });
    return paths;
}

JobPtr ClusterView::job(std::string_view id) const {
    auto const found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : found->second;
}

HostEntry const* ClusterView::host(std::string_view name) const {
    auto const found = hosts_.find(name);
    return found == hosts_.end() ? nullptr : &found->second;
}

ClusterView::HostSet const& ClusterView::hosts_of(std::string_view job) const {
    static HostSet const none;
    auto const found = job_index_.find(job);
    return found == job_index_.end() ? none : found->second.hosts;
}

std::uint64_t ClusterView::job_revision(std::string_view job) const {
    auto const found = job_index_.find(job);
    return found == job_index_.end() ? 0 : found->second.revision;
}

std::vector<std::string_view> followed_roots() {
    std::vector<std::string_view> roots;
    for (auto const& node : FollowedNode::table())
        if (std::ranges::count(node.pattern, '/') == 2) roots.push_back(node.pattern);
    return roots;
}

store::Interest interest_in(std::string_view path) {
    auto const match = FollowedNode::find(path);
    return match ? match->node->interest : store::Interest{};
}

std::int64_t newest_zxid(std::span<store::Change const> batch) {
    std::int64_t newest = 0;
    for (auto const& change : batch)
        if (change.node) newest = std::max(newest, change.node->stat.mzxid);
    return newest;
}

std::vector<std::string> paths_touched_by(std::span<store::Op const> ops) {
    std::vector<std::string> paths;
    for (auto const& op : ops) {
        if (std::holds_alternative<store::Check>(op)) continue;
        auto const& path = std::visit([](auto const& one) -> auto& { return one.path; }, op);
        auto const interest = interest_in(path);
        // Setting data changes no list of children: the jobs need not be listed again only because
        // their parent counts changes.
        bool const followed =
            interest.data || (interest.children && !std::holds_alternative<store::Set>(op));
        if (followed) paths.push_back(path);
    }
    std::ranges::sort(paths);
    auto const repeated = std::ranges::unique(paths);
    paths.erase(repeated.begin(), repeated.end());
    return paths;
}

} // namespace heliosd::master
