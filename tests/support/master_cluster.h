// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/task_group.h"
#include "master/api/api.h"
#include "master/workers/history_cleaner.h"
#include "master/workers/registration.h"
#include "store/embedded/embedded_store.h"
#include "store/node.h"
#include "support/master_faulty_store.h"
#include "support/run.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::test {

/// An answer of the API, read to its end.
struct ApiAnswer {
    int status = 0;
    std::string reason;
    net::Headers headers;
    std::string body;

    /// The body as JSON; null when it is none.
    json::Value document() const;
};

/// A master without sockets: its mirror, its workers, its API and a session of its own.
struct ApiMaster {
    ApiMaster(Executor executor, std::unique_ptr<store::EmbeddedStore> session, Clock& clock,
              std::uint64_t seed);
    ~ApiMaster();

    Async<ApiAnswer> call(std::string method, std::string target, std::string body = "",
                          std::vector<std::pair<std::string, std::string>> headers = {});

    std::unique_ptr<store::EmbeddedStore> store;
    FaultyStore faults; ///< what the master sees of it
    SeededRng rng;
    master::ClusterMirror mirror;
    master::HistoryRemovals removals;
    master::HistoryCleaner cleaner;
    master::Api api;
    master::ClusterWriter operations;
};

/// Several masters on one ensemble, in virtual time.
struct MasterCluster {
    explicit MasterCluster(int masters = 1);
    ~MasterCluster();

    ApiMaster& first() { return *masters[0]; }

    /// Runs `body` on masters that have registered and whose mirrors work.
    void run(Async<void> body);

    /// A host as its agent would have registered it.
    Async<void> add_host(std::string host, bool up = true);
    /// Creates or replaces a node, as an agent or another master would.
    Async<void> put(std::string path, std::string data,
                    store::CreateMode mode = store::CreateMode::persistent);
    Async<void> drop(std::string path);
    /// Until everything on its way has arrived.
    Async<void> settle();

    bool has(std::string const& path) { return ensemble.tree().find(path) != nullptr; }

    World world;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::vector<std::unique_ptr<ApiMaster>> masters;
    TaskGroup tasks{world.executor()};

private:
    Async<void> started(Async<void> body);
};

} // namespace heliosd::test
