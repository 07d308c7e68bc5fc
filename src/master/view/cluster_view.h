// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/host.h"
#include "store/store.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// What the mirror knows of the cluster, as plain values. Every node is held once, and in the form
/// in which answers need it: the texts of documents, ready to be put together. At 100,000 tasks
/// that decides between 200 MB and several times as much.
namespace heliosd::master {

/// A job and its API document. All tasks and statuses of one job share it.
struct JobEntry {
    std::string id;
    model::Job job;
    std::string text;
};
using JobPtr = std::shared_ptr<JobEntry const>;

/// Gives equal documents of jobs one entry. Reading a job costs ten times as much as recognizing
/// it, and a snapshot has hundreds of thousands of the same few.
class JobTable {
public:
    Result<JobPtr> intern(std::string_view document);
    std::size_t size() const { return entries_.size(); }

private:
    void sweep();

    std::map<std::string, std::weak_ptr<JobEntry const>, std::less<>> entries_; ///< by document
    std::size_t sweep_at_ = 64;
};

/// A deployment: what is wanted of a job on a host.
struct TaskEntry {
    JobPtr job;
    model::Goal goal = model::Goal::start;
    std::string text; ///< the Deployment
};

/// What an agent reported of a job. Its document is `{"job":` + `job->text` + `,` + `rest`.
struct StatusEntry {
    JobPtr job;
    model::TaskState state = model::TaskState::unknown;
    std::string rest;
};

struct HostEntry {
    bool configured = false; ///< known by name: /config/hosts/<h>
    bool registered = false; ///< completely: /config/hosts/<h>/id
    bool up = false;
    bool reported = false; ///< /status/hosts/<h>
    std::map<std::string, TaskEntry, model::Utf16Less> tasks;
    std::map<std::string, StatusEntry, model::Utf16Less> statuses;
    model::StringMap labels;
    std::string environment = "{}"; ///< the documents, `null` while not reported
    std::string host_info = "null", agent_info = "null";
};

class ClusterView {
public:
    /// Takes over one change. A document or name that makes no sense is left out, and the error
    /// says which: it must not spoil the rest (B24).
    Result<> apply(store::Change const& change);
    /// The nodes below one of the roots that it shows anything of.
    std::vector<std::string> paths_below(std::string_view root) const;
    /// What the sweep read of a host; nothing when the node is absent. Unknown hosts are ignored.
    Result<> set_host_info(std::string const& host, std::optional<std::string> const& document);
    Result<> set_agent_info(std::string const& host, std::optional<std::string> const& document);

    model::SortedMap<JobPtr> const& jobs() const { return jobs_; }
    model::SortedMap<HostEntry> const& hosts() const { return hosts_; }
    /// Null when there is none; `host` also for one that is not completely registered.
    JobPtr job(std::string_view id) const;
    HostEntry const* host(std::string_view name) const;
    /// The hosts a job is deployed to, from the side of the hosts (invariant I3).
    std::set<std::string> const& hosts_of(std::string_view job) const;
    /// Names of the masters that are up.
    std::set<std::string> const& masters() const { return masters_; }

private:
    using Node = std::optional<store::Node>;

    Result<> apply_job(std::string const& id, Node const& node);
    Result<> apply_config(std::string const& host, std::string_view rest, Node const& node);
    Result<> apply_status(std::string const& host, std::string_view rest, Node const& node);
    Result<> apply_task(std::string const& host, std::string const& job, Node const& node);
    Result<> apply_report(std::string const& host, std::string const& job, Node const& node);
    void forget_task(std::string const& host, std::string const& job);
    /// Drops a host nothing is known of any more.
    void tidy(std::string const& host);

    JobTable table_;
    model::SortedMap<JobPtr> jobs_;
    model::SortedMap<HostEntry> hosts_;
    std::map<std::string, std::set<std::string>, std::less<>> hosts_of_;
    std::set<std::string> masters_;
};

/// The scopes of the four subtrees that make the picture: no job's list of hosts, and
/// not what agents rewrite every minute.
store::Interest interest_in(std::string_view path);

} // namespace heliosd::master
