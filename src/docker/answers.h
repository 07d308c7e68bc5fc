// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "docker/engine.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Parsers for the documents of the Engine API. Every member that is not needed may be missing:
/// newer daemons drop some (spec/agent.md §11.3 [bug]).
namespace heliosd::docker {

/// A member of a document; empty when it is missing or no text.
std::string text_of(json::Value const& value, std::string_view name);

/// The subject of a call, which decides what its status means.
enum class Subject { container, create, kill, image, pull, other };

/// The failure behind an answer that is no success. The sentence is Docker's own.
Error refusal(Subject subject, int status, std::string_view body);

/// The path prefix (`/v1.41`) to speak with a daemon of these versions: ours, or what the daemon
/// can at most or at least. Empty, so none, when the daemon names no version.
std::string version_prefix(Version const& daemon);

Result<Version> version_from_json(std::string_view body);
Result<std::string> created_id_from_json(std::string_view body);
Result<ContainerInfo> container_from_json(std::string_view body);
Result<std::vector<ContainerSummary>> containers_from_json(std::string_view body);

/// An event of a container; nothing for events of other things. Error: `bad_answer`.
Result<std::optional<Event>> event_from_json(json::Value const& value);

} // namespace heliosd::docker
