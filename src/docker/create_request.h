// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "docker/engine.h"

namespace heliosd::docker {

/// The body of `POST /containers/create` (spec/agent.md §11.6). The name travels in the query.
json::Value create_request(ContainerSpec const& spec);

} // namespace heliosd::docker
