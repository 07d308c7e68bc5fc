// SPDX-License-Identifier: Apache-2.0
// The two daemons of a cluster, each on a ZooKeeper.
#include "solo/daemons.h"

#include "agent/agent.h"
#include "base/log.h"
#include "docker/engine_http.h"
#include "solo/daemon_options.h"
#include "solo/process.h"
#include "store/zk_store.h"

#include <memory>
#include <string>
#include <utility>

namespace heliosd::solo {
namespace {

using namespace std::chrono_literals;

/// How long a connection may take before somebody should hear why there is none.
constexpr Duration quiet = 3s;
constexpr Duration name_limit = 5s;
/// Less than the ten seconds that clients of the API wait for an answer.
constexpr Duration connection_limit = 5s;

Result<std::unique_ptr<store::ZkStore>> make_store(Machine& machine, ZooKeeperSetup const& zk) {
    auto* resolver = &machine.resolver;
    store::ZkOptions options{.servers = zk.servers,
                             .session_timeout = zk.session_timeout,
                             .connection_limit = connection_limit};
    options.resolve = [resolver](std::string host) {
        return resolver->resolve(std::move(host), name_limit);
    };
    auto made =
        store::ZkStore::make(machine.loop.get_executor(), machine.clock, std::move(options));
    if (!made) return std::unexpected(in_context("--zk", made.error()));
    return made;
}

/// Says in the log when ZooKeeper is there, and why when it is not.
Async<void> report_zookeeper(store::ZkStore& store, Clock& clock, std::string servers) {
    bool complained = false;
    for (;;) {
        auto const seen = store.session();
        if (seen.state == store::SessionState::connected) {
            log::info("zookeeper", "connected servers={:?} session={:x}", servers, seen.id);
            complained = false;
        } else if (!complained) {
            co_await clock.sleep(quiet);
            if (store.session() != seen) continue;
            log::warning("zookeeper", "not connected to {:?}, trying again and again: {}", servers,
                         store.trouble());
            complained = true;
        }
        co_await store.session_changed(seen);
    }
}

Async<Result<>> serve_master(TaskGroup& tasks, Machine& machine, store::ZkStore& store,
                             MasterSetup setup) {
    tasks.spawn("zookeeper", store.run());
    tasks.spawn("zookeeper report", report_zookeeper(store, machine.clock, setup.zk.servers));
    master::Master master(machine.loop.get_executor(), store, machine.clock, machine.rng,
                          std::move(setup.options));
    co_return co_await master.run();
}

Async<Result<>> master_body(Machine& machine, MasterSetup setup) {
    auto store = make_store(machine, setup.zk);
    if (!store) co_return std::unexpected(store.error());
    auto directory = machine.files.make_directories(setup.state_dir);
    if (!directory) co_return std::unexpected(in_context("--state-dir", directory.error()));
    TaskGroup tasks(machine.loop.get_executor());
    co_return co_await tasks.scope(serve_master(tasks, machine, **store, std::move(setup)));
}

Async<Result<>> serve_agent(TaskGroup& tasks, Machine& machine, store::ZkStore& store,
                            AgentSetup setup) {
    tasks.spawn("zookeeper", store.run());
    tasks.spawn("zookeeper report", report_zookeeper(store, machine.clock, setup.zk.servers));
    docker::HttpEngine engine(machine.http, machine.clock, setup.docker);
    agent::Agent agent(std::move(setup.options), {.executor = machine.loop.get_executor(),
                                                  .clock = machine.clock,
                                                  .rng = machine.rng,
                                                  .files = machine.files,
                                                  .offload = machine.offload,
                                                  .store = store,
                                                  .engine = engine});
    co_return co_await agent.run();
}

Async<Result<>> agent_body(Machine& machine, AgentSetup setup) {
    auto store = make_store(machine, setup.zk);
    if (!store) co_return std::unexpected(store.error());
    TaskGroup tasks(machine.loop.get_executor());
    co_return co_await tasks.scope(serve_agent(tasks, machine, **store, std::move(setup)));
}

} // namespace

int run_master(std::span<char const* const> words) {
    return run_daemon<MasterSetup>("helios-master", read_master_options(words, node_name()),
                                   master_body);
}

int run_agent(std::span<char const* const> words) {
    return run_daemon<AgentSetup>(
        "helios-agent", read_agent_options(words, process_environment(), node_name()), agent_body);
}

} // namespace heliosd::solo
