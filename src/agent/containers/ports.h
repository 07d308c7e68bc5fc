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

/// Whether a host port can be had, asked with the protocol and address of the mapping.
struct PortQuestion {
    int port = 0;
    std::string protocol;
    std::optional<std::string> ip;
};
using PortProbe = std::function<bool(PortQuestion const&)>;

/// Binds the port and lets go of it at once.
bool port_is_free(PortQuestion const& question);

/// Gives out host ports (spec/agent.md §13). The candidates are shuffled once and walked round and
/// round, so that a port given back is not soon given out again.
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
