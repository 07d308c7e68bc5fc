// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/processes.h"
#include "support/run.h"

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace heliosd::sim {

/// A whole cluster on a virtual clock: an ensemble, masters, and machines with an agent each.
class Cluster {
public:
    struct Options {
        std::uint64_t seed = 1;
        int masters = 1, agents = 1;
        std::size_t trace_lines = 400;
    };

    explicit Cluster(Options options);
    ~Cluster();

    /// Boots everything, runs `scenario`, ends what still runs. Throws what the scenario threw.
    void run(Async<void> scenario);

    test::World world;
    SeededRng rng;
    Trace trace;
    Scheduler scheduler;
    Ensemble ensemble;
    std::vector<std::unique_ptr<DockerHost>> hosts;
    std::vector<std::unique_ptr<AgentProcess>> agents;
    std::vector<std::unique_ptr<MasterProcess>> masters;

private:
    Async<void> play(Async<void> scenario);
};

} // namespace heliosd::sim
