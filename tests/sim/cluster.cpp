// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster.h"

#include <fmt/format.h>

namespace heliosd::sim {

using namespace std::chrono_literals;

Cluster::Cluster(Options options)
    : rng(options.seed),
      trace(world.clock, options.trace_lines),
      scheduler(world.executor(), world.clock),
      ensemble(scheduler, world.clock, rng, trace, {}) {
    Site const site{world.executor(), world.clock, ensemble, trace, {.connection_limit = 5s}};
    for (int i = 1; i <= options.agents; ++i) {
        hosts.push_back(std::make_unique<DockerHost>(world.executor(), world.clock, rng, trace,
                                                     fmt::format("h{}", i)));
        agents.push_back(std::make_unique<AgentProcess>(site, *hosts.back(), rng()));
    }
    for (int i = 1; i <= options.masters; ++i)
        masters.push_back(std::make_unique<MasterProcess>(site, fmt::format("m{}", i), rng()));
}

Cluster::~Cluster() = default;

void Cluster::run(Async<void> scenario) {
    world.run(play(std::move(scenario)));
}

Async<void> Cluster::play(Async<void> scenario) {
    for (auto const& agent : agents) agent->boot();
    for (auto const& master : masters) master->boot();
    std::exception_ptr failure;
    try {
        co_await std::move(scenario);
    } catch (...) {
        failure = std::current_exception();
    }
    for (auto const& agent : agents) co_await agent->crash();
    for (auto const& master : masters) co_await master->crash();
    for (auto const& host : hosts) co_await host->shut_down();
    co_await scheduler.shut_down();
    if (failure) std::rethrow_exception(failure);
}

} // namespace heliosd::sim
