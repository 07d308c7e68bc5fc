// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Containers in Docker's words: what one is made from, and what the daemon tells of it.
namespace heliosd::docker {

/// One published port: container port `port`/`protocol` on `host_ip`:`host_port`.
struct PortBinding {
    std::uint16_t port = 0;
    std::string protocol = "tcp";
    std::optional<std::string> host_ip;
    std::uint16_t host_port = 0;
};

/// What a container is created from (spec/agent.md §11.6). Empty optionals are not sent, empty
/// lists are.
struct ContainerSpec {
    std::string name;
    std::string image;
    std::vector<std::string> command;
    std::optional<std::string> hostname;
    std::map<std::string, std::string> env;
    std::vector<PortBinding> ports;
    std::vector<std::string> binds;   ///< `source:path[:mode]`
    std::vector<std::string> volumes; ///< anonymous ones: paths in the container
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> tmpfs;
    std::vector<std::string> dns, security_opt, cap_add, cap_drop, extra_hosts;
    std::optional<std::string> network_mode, runtime;
    std::optional<std::int64_t> memory, memory_swap, cpu_shares; ///< bytes, bytes, weight
    std::optional<std::string> cpuset;
};

/// `GET /containers/{id}/json`, as far as it is used.
struct ContainerInfo {
    std::string id, name, image; ///< name without the leading slash
    bool running = false;
    std::string status; ///< `created`, `running`, `exited`, …
    int exit_code = 0;
    std::string error; ///< `State.Error`
    std::string started_at, finished_at;
    std::map<std::string, std::string> labels;
    std::string gateway; ///< of its first network
};

/// One row of `GET /containers/json`.
struct ContainerSummary {
    std::string id;
    std::vector<std::string> names; ///< without leading slashes
    std::string state;              ///< `running`, `exited`, …
    std::map<std::string, std::string> labels;
    std::int64_t created = 0; ///< seconds since the epoch
};

struct ListFilter {
    bool all = false;                   ///< also those that do not run
    std::optional<std::string> label{}; ///< `key` or `key=value`
    std::vector<std::string> states{};  ///< any of these, `created`, `exited`, …; empty: all
    std::optional<std::string> name{};  ///< a pattern, found anywhere in the name
    int limit = 0;                      ///< only the newest; 0: all
};

/// One line of `GET /events` of type container.
struct Event {
    std::string action; ///< `create`, `start`, `die`, `kill`, `destroy`, `oom`, …
    std::string container_id;
    std::map<std::string, std::string> attributes; ///< labels, `exitCode`, `name`, `image`
    std::int64_t time_nano = 0;
};

} // namespace heliosd::docker
