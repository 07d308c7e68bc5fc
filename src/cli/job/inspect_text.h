// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <string>
#include <vector>

/// A job as `inspect` shows it to people (spec/cli.md §12.3).
namespace heliosd::cli {

/// All of it, line by line.
std::string inspect_text(model::Job const& job);

/// `label` and the items, one a line, those after the first indented by the label's length.
std::vector<std::string> block(std::string const& label, std::vector<std::string> const& items);
/// `key=value` lines, values quoted.
std::vector<std::string> map_items(model::StringMap const& map);
/// `IP:INTERNAL:EXTERNAL/PROTOCOL`.
std::string port_item(model::PortMapping const& port);
/// `SOURCE:PATH[:ro]`; a data volume begins with the colon [quirk].
std::vector<std::string> volume_items(model::StringMap const& volumes);
/// `type: http, port: P, path: /x`; empty without a health check.
std::string health_check_text(std::optional<model::HealthCheck> const& check);

} // namespace heliosd::cli
