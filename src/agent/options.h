// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/ports.h"
#include "model/job.h"
#include "net/endpoint.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::agent {

/// What an agent is told at its start (spec/operations.md §3 and §5).
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

/// `K=V` words; the last of a repeated key wins. Errors: `Bad --env value: <text>`.
Result<model::StringMap> parse_env(std::vector<std::string> const& words);
/// As `parse_env`; its error has a second line that shows the form.
Result<model::StringMap> parse_labels(std::vector<std::string> const& words);

/// Each answers the first word that is wrong: `Invalid IP address <text>`, `Invalid bind <text>`,
/// `Invalid ExtraHost <text>`.
Result<> check_dns(std::vector<std::string> const& words);
Result<> check_binds(std::vector<std::string> const& words);
Result<> check_extra_hosts(std::vector<std::string> const& words);

/// Whether the name can be a node and a host name in the API.
Result<> check_name(std::string_view name);

} // namespace heliosd::agent
