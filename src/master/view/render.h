// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_view.h"
#include "net/http/http.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// The documents of the API that are rendered from the cluster view.
namespace heliosd::master {

/// `{"job":{…},"goal":…}`, appended.
void append_status(std::string& out, StatusEntry const& status);
/// A HostStatus (spec/job.md §8.7).
std::string host_status_text(HostEntry const& host);
/// A JobStatus (§8.6).
std::string job_status_text(ClusterView const& view, JobEntry const& job);

/// The value of one key of a large object; nothing leaves the key out.
using ValueOf = std::function<std::optional<std::string>(std::string const& key)>;

/// An object with a member for each of `keys`. Small ones come as a string; the rest of a large one
/// is rendered while it is sent, key by key as things are then, so that 100,000 statuses are never
/// in memory at once. `value_of` must stay callable until then.
net::Body object_body(std::vector<std::string> keys, ValueOf value_of);

} // namespace heliosd::master
