// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/container_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace heliosd::agent {
namespace {

bool has_dynamic_port(model::Job const& job) {
    return std::ranges::any_of(job.ports,
                               [](auto const& port) { return !port.second.external_port; });
}

std::string ports_label(Ports const& ports) {
    std::string text;
    for (auto const& [name, number] : ports) {
        if (!text.empty()) text += ',';
        text += fmt::format("{}={}", name, number);
    }
    return text;
}

/// Volumes with a source are binds, the others anonymous volumes.
void add_volumes(docker::ContainerSpec& spec, model::Job const& job) {
    for (auto const& [path, source] : job.volumes) {
        if (source.empty())
            spec.volumes.push_back(path);
        else
            spec.binds.push_back(source + ":" + path);
    }
}

void add_resources(docker::ContainerSpec& spec, model::Resources const& resources) {
    spec.memory = resources.memory;
    spec.memory_swap = resources.memory_swap;
    spec.cpu_shares = resources.cpu_shares;
    spec.cpuset = resources.cpuset;
}

} // namespace

std::string container_name_prefix(std::string_view agent_id) {
    return fmt::format("helios-{}-", agent_id);
}

std::string container_name_prefix(std::string_view agent_id, model::JobId const& job) {
    auto short_id =
        job.name + ":" + job.version.value_or("") + ":" + job.hash.value_or("").substr(0, 7);
    for (char& c : short_id) {
        bool const kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!kept) c = '_';
    }
    return container_name_prefix(agent_id) + short_id + "_";
}

std::string container_name(std::string_view agent_id, model::JobId const& job,
                           std::uint32_t random) {
    return fmt::format("{}{:x}", container_name_prefix(agent_id, job), random);
}

model::StringMap task_env(AgentIdentity const& agent, model::Job const& job, Ports const& ports) {
    auto env = agent.env;
    for (auto const& [name, number] : ports)
        env["HELIOS_PORT_" + name] = fmt::format("{}:{}", agent.name, number);
    for (auto const& [name, value] : job.env) env[name] = value;
    return env;
}

model::PortMap status_ports(model::Job const& job, Ports const& ports) {
    auto shown = job.ports;
    for (auto& [name, mapping] : shown) {
        auto const given = ports.find(name);
        if (mapping.external_port || given == ports.end()) continue;
        mapping.external_port = given->second;
        // As the reference has it: the address of a dynamic mapping is not shown.
        mapping.ip.reset();
    }
    return shown;
}

docker::ContainerSpec container_spec(AgentIdentity const& agent, model::Job const& job,
                                     Ports const& ports, std::string name) {
    docker::ContainerSpec spec;
    spec.name = std::move(name);
    spec.image = job.image.value_or("");
    spec.command = job.command;
    spec.hostname = job.hostname;
    for (auto const& [key, value] : task_env(agent, job, ports)) spec.env[key] = value;
    for (auto const& [port_name, mapping] : job.ports) {
        auto const given = ports.find(port_name);
        auto const host_port =
            given != ports.end() ? given->second : mapping.external_port.value_or(0);
        spec.ports.push_back({.port = static_cast<std::uint16_t>(mapping.internal_port),
                              .protocol = mapping.protocol,
                              .host_ip = mapping.ip,
                              .host_port = static_cast<std::uint16_t>(host_port)});
    }
    add_volumes(spec, job);
    spec.binds.insert(spec.binds.end(), agent.binds.begin(), agent.binds.end());
    for (auto const& [key, value] : job.labels) spec.labels[key] = value;
    spec.labels[std::string(label_agent)] = agent.id;
    spec.labels[std::string(label_job)] = job.id.to_string();
    if (has_dynamic_port(job)) spec.labels[std::string(label_ports)] = ports_label(ports);
    for (auto const& [path, options] : job.ramdisks) spec.tmpfs[path] = options;
    spec.dns = agent.dns;
    spec.security_opt = job.security_opt;
    spec.cap_add = job.add_capabilities;
    spec.cap_drop = job.drop_capabilities;
    spec.extra_hosts = agent.extra_hosts;
    spec.network_mode = job.network_mode;
    spec.runtime = job.runtime;
    if (job.resources) add_resources(spec, *job.resources);
    return spec;
}

std::optional<Ports> ports_from_labels(model::Job const& job,
                                       std::map<std::string, std::string> const& labels) {
    Ports ports;
    for (auto const& [name, mapping] : job.ports)
        if (mapping.external_port) ports[name] = *mapping.external_port;
    if (!has_dynamic_port(job)) return ports;

    auto const label = labels.find(std::string(label_ports));
    if (label == labels.end()) return std::nullopt;
    std::string_view rest = label->second;
    while (!rest.empty()) {
        auto const item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        auto const equals = item.rfind('=');
        if (equals == std::string_view::npos) return std::nullopt;
        int number = 0;
        auto const digits = item.substr(equals + 1);
        auto const [end, failed] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        ports[std::string(item.substr(0, equals))] = number;
    }
    for (auto const& [name, mapping] : job.ports)
        if (!ports.contains(name)) return std::nullopt;
    if (ports.size() != job.ports.size()) return std::nullopt;
    return ports;
}

} // namespace heliosd::agent
