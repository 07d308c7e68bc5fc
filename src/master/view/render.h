// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_view.h"
#include "net/http/http.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The documents of the API that are rendered from the cluster view. Large ones are rendered in
/// chunks while they are sent, each part as the view is then, so that no answer holds up the loop
/// and 100,000 statuses are never in memory at once.
namespace heliosd::master {

/// `UP` or `DOWN`, exactly, or empty for no filter.
struct HostFilter {
    std::string status;
    bool passes(HostEntry const& host) const;
};

/// A HostStatus (spec/job.md §8.7); nothing when the host is not completely registered or does not
/// pass the filter.
std::optional<std::string> host_status_text(ClusterView const& view, std::string_view host,
                                            HostFilter const& filter);
/// An object of host statuses by name; hosts without one are left out.
net::Body host_statuses_body(ClusterView const& view, std::vector<std::string> hosts,
                             HostFilter filter);

/// A JobStatus (§8.6).
net::Body job_status_body(ClusterView const& view, JobPtr job);
/// An object of job statuses by id; unknown jobs are left out.
net::Body job_statuses_body(ClusterView const& view, std::vector<std::string> ids);

/// Which jobs an object of jobs contains.
struct JobFilter {
    std::string part_of_id;
    std::optional<std::set<std::string, model::Utf16Less>> ids; ///< nothing: all
};
net::Body jobs_body(ClusterView const& view, JobFilter filter);

} // namespace heliosd::master
