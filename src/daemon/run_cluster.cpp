// SPDX-License-Identifier: Apache-2.0
// The two daemons of a cluster, each on a ZooKeeper.
#include "daemon/daemons.h"

#include "agent/agent.h"
#include "agent/state/state_directory.h"
#include "base/async/within.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/process.h"
#include "docker/engine_http.h"
#include "store/cluster_guard.h"
#include "store/zk/zk_store.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

using namespace std::chrono_literals;

/// A connection that takes longer is reported in the log.
constexpr Duration warning_delay = 3s;
constexpr Duration name_limit = 5s;
/// Less than the ten seconds that clients of the API wait for an answer.
constexpr Duration connection_limit = 5s;

/// ZooKeeper, and the guard in front of it when the cluster has an id.
struct Connection {
    std::unique_ptr<store::ZkStore> zk;
    std::unique_ptr<store::ClusterGuard> guard;

    store::Store& store() const {
        return guard ? static_cast<store::Store&>(*guard) : static_cast<store::Store&>(*zk);
    }
};
using ConnectionPtr = std::shared_ptr<Connection>;

Result<ConnectionPtr> connect(Runtime& runtime, ZooKeeperSetup const& zk) {
    if (zk.cluster_id && !store::is_valid_path("/" + *zk.cluster_id))
        return fail(Errc::invalid, fmt::format("--zk-cluster-id: {:?} cannot be the name of a node",
                                               *zk.cluster_id));
    auto const executor = runtime.loop.get_executor();
    auto* resolver = &runtime.resolver;
    store::ZkOptions options{.servers = zk.servers,
                             .session_timeout = zk.session_timeout,
                             .connection_limit = connection_limit};
    options.resolve = [resolver](std::string host) {
        return resolver->resolve(std::move(host), name_limit);
    };
    auto made = store::ZkStore::make(executor, runtime.clock, std::move(options));
    if (!made) return std::unexpected(in_context("--zk", made.error()));
    auto connection = std::make_shared<Connection>(std::move(*made));
    if (zk.cluster_id)
        connection->guard = std::make_unique<store::ClusterGuard>(executor, runtime.clock,
                                                                  *connection->zk, *zk.cluster_id);
    return connection;
}

/// Logs when ZooKeeper is connected, and the reason when it is not.
Async<void> report_zookeeper(store::ZkStore& store, Clock& clock, std::string servers) {
    bool warned = false;
    for (;;) {
        auto const seen = store.session();
        if (seen.state == store::SessionState::connected) {
            log::info("zookeeper", "connected servers={:?} session={:x}", servers, seen.id);
            warned = false;
        }
        if (seen.state == store::SessionState::connected || warned) {
            co_await store.session_changed(seen);
            continue;
        }
        auto const changed = co_await within(clock, warning_delay, next_session(store, seen));
        if (changed) continue;
        log::warning("zookeeper",
                     "not connected to {:?}, trying again and again: {}; see that it runs "
                     "and that --zk names it",
                     servers, store.trouble());
        warned = true;
    }
}

/// The tasks that keep a connection alive and log its state.
void spawn_connection(TaskGroup& tasks, Runtime& runtime, ConnectionPtr const& connection,
                      std::string servers) {
    tasks.spawn("zookeeper", essential(connection->zk->run()));
    if (connection->guard) tasks.spawn("cluster id", essential(connection->guard->run()));
    tasks.spawn("zookeeper report",
                report_zookeeper(*connection->zk, runtime.clock, std::move(servers)));
}

Async<Result<>> serve_master(TaskGroup& tasks, Runtime& runtime, ConnectionPtr connection,
                             MasterSetup setup) {
    spawn_connection(tasks, runtime, connection, setup.zk.servers);
    master::Master master(runtime.loop.get_executor(), connection->store(), runtime.clock,
                          runtime.rng, std::move(setup.options));
    co_return co_await master.run();
}

Async<Result<>> master_body(Runtime& runtime, MasterSetup setup) {
    auto connection = CO_TRY(connect(runtime, setup.zk));
    auto directory = runtime.files.make_directories(setup.state_dir, Access::owner);
    if (!directory) co_return std::unexpected(agent::unusable_state_directory(directory.error()));
    TaskGroup tasks(runtime.loop.get_executor(), end_process);
    co_return co_await tasks.scope(serve_master(tasks, runtime, connection, std::move(setup)));
}

Async<Result<>> serve_agent(TaskGroup& tasks, Runtime& runtime, ConnectionPtr connection,
                            AgentSetup setup) {
    spawn_connection(tasks, runtime, connection, setup.zk.servers);
    docker::HttpEngine engine(runtime.http, runtime.clock, setup.docker);
    agent::Agent agent(std::move(setup.options), {.executor = runtime.loop.get_executor(),
                                                  .clock = runtime.clock,
                                                  .rng = runtime.rng,
                                                  .files = runtime.files,
                                                  .offload = runtime.offload,
                                                  .store = connection->store(),
                                                  .engine = engine});
    co_return co_await agent.run();
}

Async<Result<>> agent_body(Runtime& runtime, AgentSetup setup) {
    auto connection = CO_TRY(connect(runtime, setup.zk));
    TaskGroup tasks(runtime.loop.get_executor(), end_process);
    co_return co_await tasks.scope(serve_agent(tasks, runtime, connection, std::move(setup)));
}

} // namespace

int run_master(std::span<char const* const> words) {
    return run_daemon<MasterSetup>("helios-master", read_master_options(words, node_name()),
                                   master_body);
}

int run_agent(std::span<char const* const> words, Environment const& environment) {
    return run_daemon<AgentSetup>("helios-agent",
                                  read_agent_options(words, environment, node_name()), agent_body);
}

} // namespace heliosd::daemon
