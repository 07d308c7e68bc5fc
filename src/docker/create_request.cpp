// SPDX-License-Identifier: Apache-2.0
#include "docker/create_request.h"

#include <fmt/format.h>

namespace heliosd::docker {
namespace {

json::Value list_of(std::vector<std::string> const& texts) {
    return json::Array(texts.begin(), texts.end());
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
