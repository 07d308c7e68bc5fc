// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/ports.h"
#include "model/job.h"
#include "net/endpoint.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heliosd::agent {

/// The settings of an agent (spec/operations.md §3 and §5).
struct AgentOptions {
    std::string name;              ///< the host's name; `uname -n` by default
    std::optional<std::string> id; ///< the file in the state directory wins
    std::string state_dir = ".";
    model::StringMap env, labels;
    PortRange port_range;
    std::vector<std::string> dns, binds, extra_hosts;
    std::optional<net::Endpoint> http, admin; ///< nothing with `--no-http`, and in solo
    std::string docker_host = "unix:///var/run/docker.sock"; ///< as hosts show it
    std::optional<std::string> docker_cert_path;
    Duration registration_ttl = std::chrono::minutes{10};
    bool history = true;
    std::vector<std::string> arguments; ///< of the process, for the agent's own report
};

/// `START:END`, the end not part of it. Error: `Bad port range: <text>`.
Result<PortRange> parse_port_range(std::string_view text);

using KeyValue = std::pair<std::string, std::string>;
/// A word `K=V`. Error: `Bad --env value: <text>`.
Result<KeyValue> parse_env(std::string_view word);
/// As `parse_env`; its error has a second line that shows the form.
Result<KeyValue> parse_label(std::string_view word);

/// The word itself when Docker can read it. Errors: `Invalid IP address <text>`, `Invalid bind
/// <text>`, `Invalid ExtraHost <text>`.
Result<std::string> parse_dns(std::string_view word);
Result<std::string> parse_bind(std::string_view word);
Result<std::string> parse_extra_host(std::string_view word);

/// Whether the name can be a node and a host name in the API.
Result<> check_name(std::string_view name);

} // namespace heliosd::agent
