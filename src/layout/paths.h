// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// Where Helios keeps everything in the tree (spec/zookeeper.md §2). Names are taken as they are:
/// whether they make a valid path is asked with `store::is_node_name`.
namespace heliosd::layout {

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

// Below /config/hosts.
std::string host(std::string_view host);
std::string host_id(std::string_view host);
std::string host_jobs(std::string_view host);
std::string host_job(std::string_view host, std::string_view job);
std::string host_job_creation(std::string_view host, std::string_view job, std::string_view uuid);
std::string host_ports(std::string_view host);
std::string host_port(std::string_view host, int port);

// Below /config/jobs and /config/jobrefs. A reference is named by name and version alone.
std::string job(std::string_view job);
std::string job_creation(std::string_view job, std::string_view uuid);
std::string job_hosts(std::string_view job);
std::string job_host(std::string_view job, std::string_view host);
std::string job_ref(std::string_view name_and_version);

// Below /status/hosts.
std::string status_host(std::string_view host);
std::string status_up(std::string_view host);
std::string status_host_info(std::string_view host);
std::string status_agent_info(std::string_view host);
std::string status_environment(std::string_view host);
std::string status_labels(std::string_view host);
std::string status_jobs(std::string_view host);
std::string status_job(std::string_view host, std::string_view job);

// Below /status/masters.
std::string status_master(std::string_view master);
std::string status_master_up(std::string_view master);

// Below /history/jobs.
std::string history_job(std::string_view job);
std::string history_hosts(std::string_view job);
std::string history_host(std::string_view job, std::string_view host);
std::string history_events(std::string_view job, std::string_view host);
std::string history_event(std::string_view job, std::string_view host, std::string_view timestamp);

} // namespace heliosd::layout
