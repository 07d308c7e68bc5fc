// SPDX-License-Identifier: Apache-2.0
#include "cli/job/inspect_text.h"

#include "base/text.h"
#include "cli/output.h"
#include "cli/times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heliosd::cli {

namespace {

template <class T> std::string or_null(std::optional<T> const& value) {
    return value ? fmt::format("{}", *value) : "null";
}

std::vector<std::string> port_items(model::PortMap const& ports) {
    std::vector<std::string> items;
    for (auto const& [name, port] : ports)
        items.push_back(fmt::format("{}={}", name, port_item(port)));
    return items;
}

std::vector<std::string> registration_items(model::SortedMap<model::ServicePorts> const& services) {
    std::vector<std::string> items;
    for (auto const& [service, ports] : services) {
        std::vector<std::string> names;
        if (ports.ports) {
            for (auto const& [name, parameters] : *ports.ports) names.push_back(name);
        }
        items.push_back(fmt::format("{}={}", service, fmt::join(names, ", ")));
    }
    return items;
}

std::string rollout_text(std::optional<model::RolloutOptions> const& options) {
    if (!options) return "";
    return fmt::format("timeout: {}, parallelism: {}, migrate: {}, overlap: {}, token: {}, "
                       "ignoreFailures: {}",
                       or_null(options->timeout), or_null(options->parallelism),
                       or_null(options->migrate), or_null(options->overlap),
                       or_null(options->token), or_null(options->ignore_failures));
}

} // namespace

std::vector<std::string> block(std::string const& label, std::vector<std::string> const& items) {
    std::vector<std::string> lines;
    for (auto const& item : items)
        lines.push_back((lines.empty() ? label : std::string(label.size(), ' ')) + item);
    if (lines.empty()) lines.push_back(label);
    return lines;
}

std::vector<std::string> map_items(model::StringMap const& map) {
    std::vector<std::string> items;
    for (auto const& [key, value] : map)
        items.push_back(fmt::format("{}={}", key, quoted_word(value)));
    return items;
}

std::string port_item(model::PortMapping const& port) {
    auto external = port.external_port ? fmt::format(":{}", *port.external_port) : "";
    return fmt::format("{}:{}{}/{}", port.ip.value_or(""), port.internal_port, external,
                       port.protocol);
}

std::vector<std::string> volume_items(model::StringMap const& volumes) {
    std::vector<std::string> items;
    for (auto const& [path, source] : volumes) items.push_back(fmt::format("{}:{}", source, path));
    return items;
}

std::string health_check_text(std::optional<model::HealthCheck> const& check) {
    if (!check) return "";
    if (auto const* http = std::get_if<model::HttpHealthCheck>(&*check)) {
        return fmt::format("type: http, port: {}, path: {}", or_null(http->port),
                           or_null(http->path));
    }
    if (auto const* tcp = std::get_if<model::TcpHealthCheck>(&*check))
        return fmt::format("type: tcp, port: {}", or_null(tcp->port));
    auto const& command = std::get<model::ExecHealthCheck>(*check).command;
    return fmt::format("type: exec, command: {}",
                       fmt::join(command.value_or(std::vector<std::string>()), " "));
}

std::string inspect_text(model::Job const& job) {
    std::string text;
    auto line = [&](std::string_view label, std::string_view value) {
        text += fmt::format("{}{}\n", label, value);
    };
    auto lines = [&](std::string const& label, std::vector<std::string> const& items) {
        for (auto const& each : block(label, items)) text += each + "\n";
    };
    std::vector<std::string> command;
    for (auto const& word : job.command) command.push_back(quoted_word(word));
    std::string created;
    if (job.created) created = inspect_time(WallTime{std::chrono::milliseconds{*job.created}});

    line("Id: ", job.id.to_string());
    line("Image: ", or_null(job.image));
    line("Created: ", created);
    line("Expires: ", job.expires ? inspect_time(*job.expires) : "never");
    line("Hostname: ", or_null(job.hostname));
    line("Command: ", bracketed(command));
    lines("Env:   ", map_items(job.env));
    line("Health check: ", health_check_text(job.health_check));
    line("Grace period (seconds): ", or_null(job.grace_period));
    line("Time to wait before kill (seconds): ", or_null(job.seconds_to_wait_before_kill));
    lines("Metadata: ", map_items(job.metadata));
    lines("Ports: ", port_items(job.ports));
    lines("Reg: ", registration_items(job.registration));
    line("Security options: ", bracketed(job.security_opt));
    line("Network mode: ", or_null(job.network_mode));
    line("Token: ", job.token);
    lines("Volumes: ", volume_items(job.volumes));
    line("Add capabilities: ", text::join(job.add_capabilities, ", "));
    line("Drop capabilities: ", text::join(job.drop_capabilities, ", "));
    line("Runtime: ", or_null(job.runtime));
    line("Rollout options (null options will fallback to defaults at rolling-update time): ",
         rollout_text(job.rollout_options));
    return text;
}

} // namespace heliosd::cli
