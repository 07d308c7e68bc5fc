// SPDX-License-Identifier: Apache-2.0
#include "store/paths.h"

#include <cstdint>
#include <initializer_list>

namespace heliosd::store::paths {
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

/// The code point at `text[at]`, whose UTF-8 is taken as sound; `at` moves past it.
char32_t next_code_point(std::string_view text, std::size_t& at) {
    auto const lead = static_cast<unsigned char>(text[at++]);
    int const more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    char32_t point = more == 0 ? lead : lead & (0x3f >> more);
    for (int i = 0; i < more && at < text.size(); ++i)
        point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3f);
    return point;
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

bool is_node_name(std::string_view name) {
    if (name.empty() || name == "." || name == "..") return false;
    for (std::size_t at = 0; at < name.size();) {
        auto const c = next_code_point(name, at);
        // The ranges of ZooKeeper's PathUtils: controls, surrogates and private use, specials.
        bool const refused = c == '/' || c <= 0x1f || (c >= 0x7f && c <= 0x9f) ||
                             (c >= 0xd800 && c <= 0xf8ff) || (c >= 0xfff0 && c <= 0xffff);
        if (refused) return false;
    }
    return true;
}

std::optional<Below> below(std::string_view root, std::string_view path) {
    if (path.size() <= root.size() + 1 || !path.starts_with(root) || path[root.size()] != '/')
        return std::nullopt;
    auto const relative = path.substr(root.size() + 1);
    auto const slash = relative.find('/');
    if (slash == std::string_view::npos) return Below{relative, {}};
    return Below{relative.substr(0, slash), relative.substr(slash + 1)};
}

} // namespace heliosd::store::paths
