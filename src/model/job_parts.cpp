// SPDX-License-Identifier: Apache-2.0
#include "model/document_parts.h"

#include "base/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace heliosd::model {
namespace {

/// A literal IPv4 address without leading zeros, or IPv6 without zone; glibc agrees on both.
bool is_ip_address(std::string const& text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    if (text.find('\0') != std::string::npos) return false;
    return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

PortMapping read_port(Field const& at) {
    PortMapping port;
    port.ip = at["ip"].text();
    if (port.ip && !is_ip_address(*port.ip))
        at["ip"].wrong(fmt::format("{} is not a valid IP address.", *port.ip));
    port.internal_port = at["internalPort"].int32().value_or(0);
    port.external_port = at["externalPort"].int32();
    port.protocol = at["protocol"].text().value_or("tcp");
    return port;
}

PortParameters read_port_parameters(Field const& at) {
    return {.tags = at["tags"].texts()};
}

ServicePorts read_service_ports(Field const& at) {
    auto const ports = at["ports"];
    auto const* members = ports.object();
    if (!members) return {};
    ServicePorts service;
    service.ports.emplace();
    for (auto const& [name, value] : *members)
        service.ports->insert_or_assign(name,
                                        ports.entry(name, value).optional(read_port_parameters));
    return service;
}

} // namespace

PortMap read_ports(Field const& at) {
    return at.map(read_port);
}

SortedMap<ServicePorts> read_registration(Field const& at) {
    SortedMap<ServicePorts> registration;
    auto const* members = at.object();
    if (!members) return registration;
    for (auto const& [endpoint, value] : *members) {
        auto const service = at.entry(endpoint, value);
        auto const slashes = std::ranges::count(endpoint, '/');
        if (slashes > 1)
            service.wrong("expected a service endpoint of the form name or name/protocol");
        if (service.absent()) service.expected("an object");
        // The manual says tcp; the reference registers http.
        registration.insert_or_assign(slashes == 0 ? endpoint + "/http" : endpoint,
                                      read_service_ports(service));
    }
    return registration;
}

HealthCheck read_health_check(Field const& at) {
    auto const type = at["type"].text();
    if (type == "http")
        return HttpHealthCheck{.path = at["path"].text(), .port = at["port"].text()};
    if (type == "tcp") return TcpHealthCheck{.port = at["port"].text()};
    if (type == "exec") return ExecHealthCheck{.command = at["command"].texts()};
    at["type"].wrong(fmt::format("expected http, tcp or exec, got {}",
                                 type ? json::quoted(*type) : std::string("nothing")));
    return {};
}

Resources read_resources(Field const& at) {
    return {.memory = at["memory"].int64(),
            .memory_swap = at["memorySwap"].int64(),
            .cpu_shares = at["cpuShares"].int64(),
            .cpuset = at["cpuset"].text()};
}

RolloutOptions read_rollout_options(Field const& at) {
    return {.timeout = at["timeout"].int64(),
            .parallelism = at["parallelism"].int32(),
            .migrate = at["migrate"].boolean(),
            .overlap = at["overlap"].boolean(),
            .token = at["token"].text(),
            .ignore_failures = at["ignoreFailures"].boolean()};
}

Result<RolloutOptions> rollout_options_from_json(json::Value const& value) {
    return read_document(value, [](Field const& at) {
        at.is_object();
        return read_rollout_options(at);
    });
}

json::Value to_json(PortMapping const& port, Mode mode) {
    return finished({{"ip", port.ip},
                     {"internalPort", port.internal_port},
                     {"externalPort", port.external_port},
                     {"protocol", port.protocol}},
                    mode);
}

json::Value to_json(PortMap const& ports, Mode mode) {
    return map_value(ports, mode);
}

json::Value to_json(StringMap const& map) {
    json::Object out;
    for (auto const& [key, value] : map) out.append(key, value);
    return out;
}

json::Value to_json(ServicePorts const& service, Mode) {
    if (!service.ports) return json::Object{{"ports", nullptr}};
    json::Object ports;
    for (auto const& [name, parameters] : *service.ports) {
        json::Value value;
        if (parameters) {
            json::Object object;
            // The one member of a Job that is left out when null.
            if (parameters->tags) object.append("tags", list_value(*parameters->tags));
            value = std::move(object);
        }
        ports.append(name, std::move(value));
    }
    return json::Object{{"ports", std::move(ports)}};
}

json::Value to_json(HealthCheck const& check, Mode mode) {
    json::Object out;
    if (auto const* http = std::get_if<HttpHealthCheck>(&check)) {
        out = {{"type", "http"}, {"path", http->path}, {"port", http->port}};
    } else if (auto const* tcp = std::get_if<TcpHealthCheck>(&check)) {
        out = {{"type", "tcp"}, {"port", tcp->port}};
    } else if (auto const* exec = std::get_if<ExecHealthCheck>(&check)) {
        out.append("type", "exec");
        out.append("command", exec->command ? list_value(*exec->command) : nullptr);
    }
    return finished(std::move(out), mode);
}

json::Value to_json(Resources const& resources, Mode mode) {
    return finished({{"memory", resources.memory},
                     {"memorySwap", resources.memory_swap},
                     {"cpuShares", resources.cpu_shares},
                     {"cpuset", resources.cpuset}},
                    mode);
}

json::Value to_json(RolloutOptions const& options, Mode mode) {
    return finished({{"timeout", options.timeout},
                     {"parallelism", options.parallelism},
                     {"migrate", options.migrate},
                     {"overlap", options.overlap},
                     {"token", options.token},
                     {"ignoreFailures", options.ignore_failures}},
                    mode);
}

} // namespace heliosd::model
