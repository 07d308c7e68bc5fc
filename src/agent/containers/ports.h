// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/rng.h"
#include "base/result.h"
#include "model/job.h"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::agent {

/// Port name → host port: every port of a job, fixed and dynamic.
using Ports = model::SortedMap<std::int32_t>;

/// Where dynamic host ports come from; `end` is not part of it.
struct PortRange {
    int start = 20000, end = 32768;
    bool operator==(PortRange const&) const = default;
};

/// A host port with the protocol and address of its mapping.
struct PortQuery {
    int port = 0;
    std::string protocol;
    std::optional<std::string> ip;
};
using PortProbe = std::function<bool(PortQuery const&)>;

/// Binds the port and closes it at once.
bool port_is_free(PortQuery const& question);

/// Allocates host ports (spec/agent.md §13). Candidates are shuffled once and used in a cycle, so
/// that a released port is not reused soon.
class PortAllocator {
public:
    PortAllocator(PortRange range, Rng& rng, PortProbe probe);

    /// All of `ports` or none. `used`: the numbers other executions hold. The job's fixed ports
    /// come first, so that no dynamic one can take their number.
    Result<Ports> allocate(model::PortMap const& ports, std::set<int> const& used);

private:
    PortRange range_;
    std::vector<int> candidates_;
    std::size_t next_ = 0;
    PortProbe probe_;
};

} // namespace heliosd::agent
