// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

/// Where Helios keeps everything in the tree (spec/zookeeper.md §2). Names are taken as they are:
/// whether they make a valid path is asked with `store::is_node_name`.
namespace heliosd::layout {

/// The path of a node, with `{}` where names stand: `host_id("web1")`.
template <class... Names> struct Path {
    fmt::format_string<Names...> form;
    std::string operator()(Names... names) const {
        return fmt::vformat(form, fmt::make_format_args(names...));
    }
};
using Name = std::string_view;

inline constexpr std::string_view config_hosts = "/config/hosts";
inline constexpr std::string_view config_jobs = "/config/jobs";
inline constexpr std::string_view config_job_refs = "/config/jobrefs";
inline constexpr std::string_view config_groups = "/config/deployment-groups";
inline constexpr std::string_view status_hosts = "/status/hosts";
inline constexpr std::string_view status_masters = "/status/masters";
inline constexpr std::string_view status_groups = "/status/deployment-groups";
inline constexpr std::string_view history_jobs = "/history/jobs";

/// What marks a node as made by one particular request: `creation-<uuid>`.
inline constexpr std::string_view creation_prefix = "creation-";

inline constexpr Path<Name> host{"/config/hosts/{}"};
inline constexpr Path<Name> host_id{"/config/hosts/{}/id"};
inline constexpr Path<Name> host_jobs{"/config/hosts/{}/jobs"};
inline constexpr Path<Name, Name> host_job{"/config/hosts/{}/jobs/{}"};
inline constexpr Path<Name, Name, Name> host_job_creation{"/config/hosts/{}/jobs/{}/creation-{}"};
inline constexpr Path<Name> host_ports{"/config/hosts/{}/ports"};
inline constexpr Path<Name, int> host_port{"/config/hosts/{}/ports/{}"};

inline constexpr Path<Name> job{"/config/jobs/{}"};
inline constexpr Path<Name, Name> job_creation{"/config/jobs/{}/creation-{}"};
inline constexpr Path<Name> job_hosts{"/config/jobs/{}/hosts"};
inline constexpr Path<Name, Name> job_host{"/config/jobs/{}/hosts/{}"};
/// A reference is named by name and version alone.
inline constexpr Path<Name> job_ref{"/config/jobrefs/{}"};

inline constexpr Path<Name> status_host{"/status/hosts/{}"};
inline constexpr Path<Name> status_up{"/status/hosts/{}/up"};
inline constexpr Path<Name> status_host_info{"/status/hosts/{}/hostinfo"};
inline constexpr Path<Name> status_agent_info{"/status/hosts/{}/agentinfo"};
inline constexpr Path<Name> status_environment{"/status/hosts/{}/environment"};
inline constexpr Path<Name> status_labels{"/status/hosts/{}/labels"};
inline constexpr Path<Name> status_jobs{"/status/hosts/{}/jobs"};
inline constexpr Path<Name, Name> status_job{"/status/hosts/{}/jobs/{}"};

inline constexpr Path<Name> status_master{"/status/masters/{}"};
inline constexpr Path<Name> status_master_up{"/status/masters/{}/up"};

inline constexpr Path<Name> history_job{"/history/jobs/{}"};
inline constexpr Path<Name> history_hosts{"/history/jobs/{}/hosts"};
inline constexpr Path<Name, Name> history_host{"/history/jobs/{}/hosts/{}"};
inline constexpr Path<Name, Name> history_events{"/history/jobs/{}/hosts/{}/events"};
inline constexpr Path<Name, Name, Name> history_event{"/history/jobs/{}/hosts/{}/events/{}"};

} // namespace heliosd::layout
