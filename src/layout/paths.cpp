// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"

#include <initializer_list>

namespace heliosd::layout {
namespace {

std::string joined(std::string_view root, std::initializer_list<std::string_view> segments) {
    auto size = root.size();
    for (auto segment : segments) size += 1 + segment.size();
    std::string path;
    path.reserve(size);
    path = root;
    for (auto segment : segments) {
        path += '/';
        path += segment;
    }
    return path;
}

std::string creation_name(std::string_view uuid) {
    return std::string(creation_prefix) + std::string(uuid);
}

} // namespace

std::string host(std::string_view host) {
    return joined(config_hosts, {host});
}
std::string host_id(std::string_view host) {
    return joined(config_hosts, {host, "id"});
}
std::string host_jobs(std::string_view host) {
    return joined(config_hosts, {host, "jobs"});
}
std::string host_job(std::string_view host, std::string_view job) {
    return joined(config_hosts, {host, "jobs", job});
}
std::string host_job_creation(std::string_view host, std::string_view job, std::string_view uuid) {
    return joined(config_hosts, {host, "jobs", job, creation_name(uuid)});
}
std::string host_ports(std::string_view host) {
    return joined(config_hosts, {host, "ports"});
}
std::string host_port(std::string_view host, int port) {
    return joined(config_hosts, {host, "ports", std::to_string(port)});
}

std::string job(std::string_view job) {
    return joined(config_jobs, {job});
}
std::string job_creation(std::string_view job, std::string_view uuid) {
    return joined(config_jobs, {job, creation_name(uuid)});
}
std::string job_hosts(std::string_view job) {
    return joined(config_jobs, {job, "hosts"});
}
std::string job_host(std::string_view job, std::string_view host) {
    return joined(config_jobs, {job, "hosts", host});
}
std::string job_ref(std::string_view name_and_version) {
    return joined(config_job_refs, {name_and_version});
}

std::string status_host(std::string_view host) {
    return joined(status_hosts, {host});
}
std::string status_up(std::string_view host) {
    return joined(status_hosts, {host, "up"});
}
std::string status_host_info(std::string_view host) {
    return joined(status_hosts, {host, "hostinfo"});
}
std::string status_agent_info(std::string_view host) {
    return joined(status_hosts, {host, "agentinfo"});
}
std::string status_environment(std::string_view host) {
    return joined(status_hosts, {host, "environment"});
}
std::string status_labels(std::string_view host) {
    return joined(status_hosts, {host, "labels"});
}
std::string status_jobs(std::string_view host) {
    return joined(status_hosts, {host, "jobs"});
}
std::string status_job(std::string_view host, std::string_view job) {
    return joined(status_hosts, {host, "jobs", job});
}

std::string status_master(std::string_view master) {
    return joined(status_masters, {master});
}
std::string status_master_up(std::string_view master) {
    return joined(status_masters, {master, "up"});
}

std::string history_job(std::string_view job) {
    return joined(history_jobs, {job});
}
std::string history_hosts(std::string_view job) {
    return joined(history_jobs, {job, "hosts"});
}
std::string history_host(std::string_view job, std::string_view host) {
    return joined(history_jobs, {job, "hosts", host});
}
std::string history_events(std::string_view job, std::string_view host) {
    return joined(history_jobs, {job, "hosts", host, "events"});
}
std::string history_event(std::string_view job, std::string_view host, std::string_view timestamp) {
    return joined(history_jobs, {job, "hosts", host, "events", timestamp});
}

} // namespace heliosd::layout
