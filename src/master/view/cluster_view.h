// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_changes.h"
#include "master/view/host_order.h"
#include "store/store.h"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::master {

/// What applying one change of the tree did to the view.
struct Applied {
    std::vector<ClusterChange> changes;
    /// A document or name that makes no sense counts as absent, so that it cannot hide the others
    /// (B24); this says which.
    std::optional<Error> unreadable;
};

/// What the master knows of the cluster, as plain values. Pure: the mirror feeds it.
class ClusterView {
public:
    using HostSet = std::set<std::string, model::Utf16Less>;
    /// Keys of `hosts()`.
    using HostIndex = std::set<std::string_view, HostOrder>;

    /// Takes over one change. The removal of a node takes along what is below it. What is equal to
    /// what was known is no change. `batch_zxid`: see `newest_zxid`.
    Applied apply(store::Change const& change, std::int64_t batch_zxid = 0);
    /// The followed nodes at and below `root` that the view has, parents first.
    std::vector<std::string> paths_below(std::string_view root) const;

    model::SortedMap<JobPtr> const& jobs() const { return jobs_; }
    model::SortedMap<HostEntry> const& hosts() const { return hosts_; }
    /// The hosts that are listed, in the order of `host_less`.
    HostIndex const& listed_hosts() const { return listed_hosts_; }
    /// Null when there is none; `host` also for one that is not completely registered.
    JobPtr job(std::string_view id) const;
    HostEntry const* host(std::string_view name) const;
    /// The hosts a job is deployed to, from the side of the hosts (invariant I3).
    HostSet const& hosts_of(std::string_view job) const;
    /// Names of the masters that are up.
    std::set<std::string> const& masters() const { return masters_; }

    /// The number of changes so far. The revision of a resource is that of its latest change, so it
    /// grows also when the resource was removed and made again.
    std::uint64_t revision() const { return revision_; }
    std::uint64_t jobs_revision() const { return jobs_revision_; }   ///< the set of jobs
    std::uint64_t hosts_revision() const { return hosts_revision_; } ///< names and labels
    std::uint64_t masters_revision() const { return masters_revision_; }
    /// Of the status of a job: its deployments and what is reported of them. 0: no such job.
    std::uint64_t job_revision(std::string_view job) const;

private:
    friend struct FollowedNode;
    struct Edit;

    struct JobIndex {
        HostSet hosts;
        std::uint64_t revision = 0;
    };

    void apply_one(std::string_view path, store::Node const* node, std::int64_t zxid,
                   Applied& applied);
    /// All nodes below `path`, parents first.
    std::vector<std::string> nodes_below(std::string_view path) const;
    void raise_revisions(ClusterChange const& change);
    /// Drops a host nothing is known of any more.
    void tidy(std::string const& host);

    void edit_job(Edit& edit);
    void edit_host(Edit& edit);
    void edit_registration(Edit& edit);
    void edit_task(Edit& edit);
    void edit_agent(Edit& edit);
    void edit_up(Edit& edit);
    void edit_labels(Edit& edit);
    void edit_environment(Edit& edit);
    void edit_host_info(Edit& edit);
    void edit_agent_info(Edit& edit);
    void edit_status(Edit& edit);
    void edit_master(Edit& edit);

    JobTable table_;
    model::SortedMap<JobPtr> jobs_;
    model::SortedMap<HostEntry> hosts_;
    HostIndex listed_hosts_;
    model::SortedMap<JobIndex> job_index_; ///< of jobs that exist or are deployed
    std::set<std::string> masters_;
    std::int64_t newest_zxid_ = 0;
    std::uint64_t revision_ = 0, jobs_revision_ = 0, hosts_revision_ = 0, masters_revision_ = 0;
};

/// The subtrees that are followed.
std::vector<std::string_view> followed_roots();
/// What is followed of `path`: no job's list of hosts, and not what agents rewrite every minute.
store::Interest interest_in(std::string_view path);
/// The newest transaction that a batch shows.
std::int64_t newest_zxid(std::span<store::Change const> batch);
/// The followed nodes that a multi touches, parents first.
std::vector<std::string> paths_touched_by(std::span<store::Op const> ops);

} // namespace heliosd::master
