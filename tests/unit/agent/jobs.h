// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <optional>
#include <string>

namespace heliosd::agent::test {

/// `name:1:<40 digits>` running busybox. The hash is well-formed, not right: agents do not check.
inline model::Job job_named(std::string name) {
    model::Job job;
    job.id = {std::move(name), "1", "0123456789abcdef0123456789abcdef01234567"};
    job.image = "busybox:latest";
    job.command = {"sleep", "3600"};
    return job;
}

inline model::PortMapping port(int internal, std::optional<int> external = std::nullopt,
                               std::string protocol = "tcp") {
    return {.internal_port = internal, .external_port = external, .protocol = std::move(protocol)};
}

} // namespace heliosd::agent::test
