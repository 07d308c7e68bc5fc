// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The documents inside a Job (spec/job.md §7), and what all documents share: the map type and the
/// modes of writing.
namespace heliosd::model {

/// How a document is written (spec/job.md §1). `api`: members in declaration order, dates as
/// numbers. `common`: alphabetical, dates as strings; ZooKeeper, state files, requests, `--json`.
/// The canonical form is only ever hashed: `canonical_text`.
enum class Mode { api, common };

/// UTF-16 order of keys, as every document with a sorted map has it.
struct Utf16Less {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return json::utf16_less(a, b); }
};
template <class T> using SortedMap = std::map<std::string, T, Utf16Less>;
using StringMap = SortedMap<std::string>;

struct PortMapping {
    std::optional<std::string> ip;
    std::int32_t internal_port = 0;
    std::optional<std::int32_t> external_port;
    std::string protocol = "tcp";
    bool operator==(PortMapping const&) const = default;
};
using PortMap = SortedMap<PortMapping>;

/// The parameters of one port of a registration; `tags` absent is not the same as empty.
struct PortParameters {
    std::optional<std::vector<std::string>> tags;
    bool operator==(PortParameters const&) const = default;
};
/// The ports of a registered service; the map is absent when the document lacks it (rule 9).
struct ServicePorts {
    std::optional<SortedMap<std::optional<PortParameters>>> ports;
    bool operator==(ServicePorts const&) const = default;
};

struct HttpHealthCheck {
    std::optional<std::string> path, port;
    bool operator==(HttpHealthCheck const&) const = default;
};
struct TcpHealthCheck {
    std::optional<std::string> port;
    bool operator==(TcpHealthCheck const&) const = default;
};
struct ExecHealthCheck {
    std::optional<std::vector<std::string>> command;
    bool operator==(ExecHealthCheck const&) const = default;
};
using HealthCheck = std::variant<HttpHealthCheck, TcpHealthCheck, ExecHealthCheck>;

struct Resources {
    std::optional<std::int64_t> memory, memory_swap, cpu_shares;
    std::optional<std::string> cpuset;
    bool operator==(Resources const&) const = default;
};

struct RolloutOptions {
    std::optional<std::int64_t> timeout; ///< seconds
    std::optional<std::int32_t> parallelism;
    std::optional<bool> migrate, overlap;
    std::optional<std::string> token;
    std::optional<bool> ignore_failures;
    bool operator==(RolloutOptions const&) const = default;
};

json::Value to_json(PortMap const& ports, Mode mode);
json::Value to_json(StringMap const& map);
json::Value to_json(RolloutOptions const& options, Mode mode);
Result<RolloutOptions> rollout_options_from_json(json::Value const& value);

} // namespace heliosd::model
