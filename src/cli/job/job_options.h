// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Parsers of the options of `create` (spec/cli.md §12.1). Errors are the sentences of the
/// reference.
namespace heliosd::cli {

/// `NAME=[IP:]INTERNAL[:EXTERNAL][/PROTOCOL]`.
Result<std::pair<std::string, model::PortMapping>> parse_port_mapping(std::string_view text);
/// Several of them; a name may be given once.
Result<model::PortMap> parse_port_mappings(std::vector<std::string> const& texts);

/// A port under the name of a service.
struct Registration {
    std::string service, protocol, port;
    bool operator==(Registration const&) const = default;
};
/// `SERVICE[/PROTOCOL][=PORTNAME]`, for a job with these ports.
Result<Registration> parse_registration(std::string_view text, model::PortMap const& ports);

/// `PATH` or `SOURCE:PATH[:ro|rw]`: the key and the value in the job.
std::pair<std::string, std::string> parse_volume(std::string_view text);

/// The values of the three options; empty `http` and `tcp` count as absent.
struct HealthCheckOptions {
    std::optional<std::string> exec, http, tcp;
};
/// At most one of them; nothing when there is none.
Result<std::optional<model::HealthCheck>> parse_health_check(HealthCheckOptions const& options);

/// `K=V` items; `field` names them in the sentence of an error.
Result<model::StringMap> parse_key_values(std::string_view field,
                                          std::vector<std::string> const& items);

/// `K=V` items of `--rollout-options`; unknown keys are ignored.
Result<model::RolloutOptions> parse_rollout_options(std::vector<std::string> const& items);

} // namespace heliosd::cli
