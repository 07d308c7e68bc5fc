// SPDX-License-Identifier: Apache-2.0
#include "docker/container_spec.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::docker {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

json::Value list_of(std::vector<std::string> const& texts) {
    json::Array list;
    list.reserve(texts.size());
    for (auto const& text : texts) list.push_back(text);
    return list;
}

json::Value object_of(std::map<std::string, std::string> const& texts) {
    json::Object object;
    for (auto const& [name, text] : texts) object.set(name, text);
    return object;
}

void set_if(json::Object& object, char const* name, auto const& value) {
    if (value) object.set(name, *value);
}

std::string port_key(PortBinding const& port) {
    return fmt::format("{}/{}", port.port, port.protocol);
}

/// Every binding of a container port in one list: two port names may share it, and with one list
/// each both would be published (the reference loses all but one, spec/agent.md §11.6 [better]).
json::Value port_bindings(std::vector<PortBinding> const& ports) {
    std::map<std::string, json::Array> by_port;
    for (auto const& port : ports) {
        if (port.host_port == 0) continue;
        json::Object binding;
        set_if(binding, "HostIp", port.host_ip);
        binding.set("HostPort", std::to_string(port.host_port));
        by_port[port_key(port)].push_back(std::move(binding));
    }
    json::Object bindings;
    for (auto& [key, list] : by_port) bindings.set(key, std::move(list));
    return bindings;
}

json::Value host_config(ContainerSpec const& spec) {
    json::Object host;
    host.set("Binds", list_of(spec.binds));
    host.set("PortBindings", port_bindings(spec.ports));
    host.set("Dns", list_of(spec.dns));
    if (!spec.extra_hosts.empty()) host.set("ExtraHosts", list_of(spec.extra_hosts));
    host.set("CapAdd", list_of(spec.cap_add));
    host.set("CapDrop", list_of(spec.cap_drop));
    host.set("SecurityOpt", list_of(spec.security_opt));
    set_if(host, "Runtime", spec.runtime);
    set_if(host, "NetworkMode", spec.network_mode);
    set_if(host, "Memory", spec.memory);
    set_if(host, "MemorySwap", spec.memory_swap);
    set_if(host, "CpuShares", spec.cpu_shares);
    set_if(host, "CpusetCpus", spec.cpuset);
    if (!spec.tmpfs.empty()) host.set("Tmpfs", object_of(spec.tmpfs));
    return host;
}

} // namespace

Result<std::string> container_name(std::string_view agent_id, model::JobId const& job,
                                   std::uint32_t random) {
    std::string short_id = job.to_short_string();
    std::ranges::replace_if(
        short_id, [](char c) { return !is_word(c) && c != '_' && c != '-'; }, '_');
    auto name = fmt::format("helios-{}-{}_{:x}", agent_id, short_id, random);
    // Docker: [a-zA-Z0-9][a-zA-Z0-9_.-]+
    auto const bad = std::ranges::find_if_not(
        name, [](char c) { return is_word(c) || c == '_' || c == '-' || c == '.'; });
    if (bad != name.end())
        return fail(Errc::invalid,
                    fmt::format("agent id \"{}\": the character '{}' is not allowed in the names "
                                "of containers; choose an --id of letters, digits, '_', '.', '-'",
                                agent_id, *bad));
    return name;
}

std::map<std::string, std::string> container_env(model::Job const& job, PortAllocation const& ports,
                                                 AgentWide const& agent) {
    auto env = agent.env;
    for (auto const& [name, port] : ports)
        env["HELIOS_PORT_" + name] = fmt::format("{}:{}", agent.agent_name, port);
    for (auto const& [name, value] : job.env) env[name] = value;
    return env;
}

ContainerSpec container_spec(model::Job const& job, PortAllocation const& ports,
                             AgentWide const& agent, std::string name) {
    ContainerSpec spec;
    spec.name = std::move(name);
    spec.image = job.image.value_or("");
    spec.command = job.command;
    spec.hostname = job.hostname;
    spec.env = container_env(job, ports, agent);
    for (auto const& [port_name, mapping] : job.ports) {
        auto const allocated = ports.find(port_name);
        spec.ports.push_back({
            .port = static_cast<std::uint16_t>(mapping.internal_port),
            .protocol = mapping.protocol,
            .host_ip = mapping.ip,
            .host_port = allocated != ports.end()
                             ? allocated->second
                             : static_cast<std::uint16_t>(mapping.external_port.value_or(0)),
        });
    }
    for (auto const& [path, source] : job.volumes) {
        if (source.empty())
            spec.volumes.push_back(path);
        else
            spec.binds.push_back(source + ":" + path);
    }
    spec.binds.insert(spec.binds.end(), agent.binds.begin(), agent.binds.end());
    spec.labels = {job.labels.begin(), job.labels.end()};
    spec.labels[std::string(agent_id_label)] = agent.agent_id;
    spec.labels[std::string(job_id_label)] = job.id.to_string();
    spec.tmpfs = {job.ramdisks.begin(), job.ramdisks.end()};
    spec.dns = agent.dns;
    spec.extra_hosts = agent.extra_hosts;
    spec.security_opt = job.security_opt;
    spec.cap_add = job.add_capabilities;
    spec.cap_drop = job.drop_capabilities;
    spec.network_mode = job.network_mode;
    spec.runtime = job.runtime;
    if (job.resources) {
        spec.memory = job.resources->memory;
        spec.memory_swap = job.resources->memory_swap;
        spec.cpu_shares = job.resources->cpu_shares;
        spec.cpuset = job.resources->cpuset;
    }
    return spec;
}

json::Value create_request(ContainerSpec const& spec) {
    std::vector<std::string> env;
    for (auto const& [name, value] : spec.env) env.push_back(name + "=" + value);
    json::Object exposed, volumes;
    for (auto const& port : spec.ports) exposed.set(port_key(port), json::Object());
    for (auto const& path : spec.volumes) volumes.set(path, json::Object());

    json::Object request;
    request.set("Image", spec.image);
    request.set("Cmd", list_of(spec.command));
    set_if(request, "Hostname", spec.hostname);
    request.set("Env", list_of(env));
    request.set("ExposedPorts", std::move(exposed));
    request.set("Volumes", std::move(volumes));
    request.set("Labels", object_of(spec.labels));
    request.set("HostConfig", host_config(spec));
    return request;
}

} // namespace heliosd::docker
