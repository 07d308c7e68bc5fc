// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "model/dates.h"
#include "model/job.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

/// Messages of violated rules, without duplicates.
using Errors = std::set<std::string>;

/// Whether `text` is one or more of the characters that `allowed` accepts.
template <class Allowed> bool consists_of(std::string_view text, Allowed allowed) {
    return !text.empty() && std::ranges::all_of(text, allowed);
}

/// `[0-9a-zA-Z-_.]+`
bool is_id_word(std::string_view text) {
    return consists_of(
        text, [](char c) { return text::is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string_view before(std::string_view text, char separator) {
    return text.substr(0, text.find(separator));
}

void check_id(Job const& job, Validation const& how, Errors& errors) {
    auto const& id = job.id;
    if (id.name.empty()) {
        errors.insert("Job name was not specified.");
    } else if (!is_id_word(id.name)) {
        errors.insert(
            fmt::format("Job name may only contain [0-9a-zA-Z-_.] in job name [{}].", id.name));
    }
    auto recomputed = id;
    recomputed.hash.reset();
    if (id.version) recomputed.hash = job_hash(job);
    if (!id.version || id.version->empty()) {
        errors.insert(
            fmt::format("Job version was not specified in job id [{}].", recomputed.to_string()));
    } else if (!is_id_word(*id.version)) {
        errors.insert(fmt::format(
            "Job version may only contain [0-9a-zA-Z-_.] in job version [{}].", *id.version));
    }
    if (!how.check_hash) return;
    if (!id.hash || id.hash->empty()) {
        errors.insert(fmt::format("Job hash was not specified in job id [{}].", id.to_string()));
        return;
    }
    if (id.hash->find(':') != std::string::npos)
        errors.insert(fmt::format("Job hash contains colon in job id [{}].", id.to_string()));
    if (!hash_accepted(job, how.submitted))
        errors.insert(fmt::format("Id hash mismatch: {} != {}", *id.hash, job_hash(job)));
}

void check_image(Job const& job, Errors& errors) {
    if (!job.image) {
        errors.insert("Image was not specified.");
        return;
    }
    for (auto& error : validate_image(*job.image)) errors.insert(std::move(error));
}

/// Null, empty, or `[a-z0-9][a-z0-9-]{0,62}`.
void check_hostname(Job const& job, Errors& errors) {
    if (!job.hostname || job.hostname->empty()) return;
    auto const& name = *job.hostname;
    auto const is_letter = [](char c) { return text::is_lower(c) || text::is_digit(c); };
    if (name.size() > 63 || !is_letter(name.front()) ||
        !consists_of(name, [&](char c) { return is_letter(c) || c == '-'; }))
        errors.insert(fmt::format("Invalid hostname ({}), only [a-z0-9][a-z0-9-] are allowed, size "
                                  "between 1 and 63",
                                  name));
}

bool is_port_number(std::int32_t port) {
    return port >= 0 && port <= 65535;
}

void check_ports(Job const& job, Errors& errors) {
    std::set<std::string> taken;
    for (auto const& [name, port] : job.ports) {
        if (port.external_port) {
            auto const key = fmt::format("{}:{}", port.protocol, *port.external_port);
            if (!taken.insert(key).second)
                errors.insert(fmt::format("Duplicate external port mapping: {}", key));
            if (!is_port_number(*port.external_port))
                errors.insert(fmt::format("Invalid external port: {}", *port.external_port));
        }
        if (port.protocol != "tcp" && port.protocol != "udp")
            errors.insert(fmt::format("Invalid port mapping protocol: {}", port.protocol));
        if (!is_port_number(port.internal_port))
            errors.insert(fmt::format("Invalid internal port: {}", port.internal_port));
        if (!consists_of(name, [](char c) { return !text::is_blank(c); }))
            errors.insert(fmt::format("Invalid port mapping endpoint name: {}", name));
    }
}

void check_registration(Job const& job, Errors& errors) {
    auto const is_name_character = [](char c) { return text::is_alnum(c) || c == '_' || c == '-'; };
    for (auto const& [endpoint, service] : job.registration) {
        auto const name = before(endpoint, '/');
        if (!service.ports) {
            errors.insert(fmt::format(
                "registration for '{}' is malformed: does not have a port mapping", name));
            continue;
        }
        for (auto const& [port, parameters] : *service.ports) {
            if (!job.ports.contains(port))
                errors.insert(fmt::format(
                    "Service registration refers to missing port mapping: {}={}", endpoint, port));
            if (!consists_of(name, is_name_character))
                errors.insert(fmt::format("Invalid service registration name: {}", name));
        }
    }
}

void check_volumes(Job const& job, Errors& errors) {
    for (auto const& [path, source] : job.volumes) {
        if (!path.starts_with('/')) {
            errors.insert(fmt::format("Volume path is not absolute: {}", path));
            continue;
        }
        if (source.find('/') != std::string::npos && !source.starts_with('/')) {
            errors.insert(fmt::format("Volume source is not absolute: {}", source));
            continue;
        }
        // The reference ignores the text of the mode, and accepts `/:ro`.
        if (path == "/" || std::ranges::count(path, ':') > 1 || path.ends_with(':'))
            errors.insert(fmt::format("Invalid volume path: {}", path));
    }
}

void check_ramdisks(Job const& job, Errors& errors) {
    for (auto const& [mount_point, options] : job.ramdisks) {
        if (!mount_point.starts_with('/'))
            errors.insert(fmt::format("Ramdisk mount point is not absolute: {}", mount_point));
        for (auto const& [path, source] : job.volumes) {
            if (before(path, ':') == mount_point)
                errors.insert(fmt::format("Ramdisk mount point used by volume: {}", mount_point));
        }
    }
}

void check_expiry(Job const& job, Validation const& how, Errors& errors) {
    if (job.expires && *job.expires < how.now)
        errors.insert(fmt::format("Job expires in the past - {} is before {}",
                                  format_java(*job.expires), format_java(how.now)));
}

void check_health_check(Job const& job, Errors& errors) {
    if (!job.health_check) return;
    if (auto const* exec = std::get_if<ExecHealthCheck>(&*job.health_check)) {
        if (!exec->command || exec->command->empty())
            errors.insert("A command must be defined for `docker exec`-based health checks.");
        return;
    }
    auto const* http = std::get_if<HttpHealthCheck>(&*job.health_check);
    auto const& port = http ? http->port : std::get<TcpHealthCheck>(*job.health_check).port;
    if (!port || port->empty()) {
        errors.insert("A port must be defined for HTTP and TCP health checks.");
    } else if (!job.ports.contains(*port)) {
        std::vector<std::string> known;
        for (auto const& [name, mapping] : job.ports) known.push_back(name);
        errors.insert(
            fmt::format("Health check port '{}' not defined in the job. Known ports are '{}'",
                        *port, text::join(known, ", ")));
    }
}

void check_network_mode(Job const& job, Errors& errors) {
    if (!job.network_mode) return;
    auto const& mode = *job.network_mode;
    if (mode != "bridge" && mode != "host" && !mode.starts_with("container:"))
        errors.insert("A Docker container's network mode must be bridge, host, or "
                      "container:<name|id>.");
}

void check_capabilities(Job const& job, Validation const& how, Errors& errors) {
    if (!how.allowed_capabilities) return;
    auto const& allowed = *how.allowed_capabilities;
    std::vector<std::string> refused;
    for (auto const& capability : job.add_capabilities) {
        if (std::ranges::find(allowed, capability) == allowed.end()) refused.push_back(capability);
    }
    if (!refused.empty())
        errors.insert(
            fmt::format("The following Linux capabilities aren't allowed by the Helios master: "
                        "'{}'. The allowed capabilities are: '{}'.",
                        text::join(refused, ", "), text::join(allowed, ", ")));
}

void check_rollout(Job const& job, Errors& errors) {
    bool const fixed_port = std::ranges::any_of(
        job.ports, [](auto const& entry) { return entry.second.external_port.has_value(); });
    if (job.grace_period.value_or(0) > 0 && fixed_port)
        errors.insert("Job has both grace period and static/external ports. External ports will "
                      "prevent new containers from deploying during the gracePeriod because of "
                      "port conflicts. Please choose one or the other.");
    // The reference lets it pass and answers 500 to every later rolling update.
    if (job.rollout_options && job.rollout_options->parallelism.value_or(1) < 1)
        errors.insert(fmt::format("Invalid rollout parallelism: {}, it must be at least 1.",
                                  *job.rollout_options->parallelism));
}

} // namespace

std::vector<std::string> validate(Job const& job, Validation const& how) {
    Errors errors;
    check_id(job, how, errors);
    check_image(job, errors);
    check_hostname(job, errors);
    check_ports(job, errors);
    check_registration(job, errors);
    check_volumes(job, errors);
    check_expiry(job, how, errors);
    check_health_check(job, errors);
    check_network_mode(job, errors);
    check_capabilities(job, how, errors);
    check_ramdisks(job, errors);
    check_rollout(job, errors);
    return {errors.begin(), errors.end()};
}

} // namespace heliosd::model
