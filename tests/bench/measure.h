// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/api.h"
#include "bench/docker_floor.h"

#include <string>
#include <vector>

namespace heliosd::bench {

/// What a round of one kind took, in ms, ours and the floor measured in turn.
struct Rounds {
    std::vector<double> ours, floor;
};

/// Request → RUNNING in the API, beside the same calls made raw: pull, inspect, create, start.
Async<Rounds> measure_deploy(Api& api, RawDocker& docker, Clock& clock, std::string host,
                             std::string image, int rounds);

/// `count` deploys to one host at once, beside the same calls made raw in parallel.
Async<Rounds> measure_burst(Api& api, RawDocker& docker, Clock& clock, std::string host,
                            std::string image, int count, int rounds);

/// The time from a container's death, after it ran for more than ten seconds, to the start of its
/// successor, by Docker's own events; the floor is Docker's `restart=always` at the same time.
Async<Rounds> measure_restart(Api& api, RawDocker& docker, Clock& clock, std::string host,
                              std::string image, int containers);

/// The longest time that the loop stood still, in ms, while a store was written whose fsync takes
/// 50 ms.
double measure_stall();

} // namespace heliosd::bench
