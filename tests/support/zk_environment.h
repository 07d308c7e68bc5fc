// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/zk/zk_store.h"

#include "support/catch.h"
#include "support/run.h"
#include "support/servers.h"
#include "support/store_contract.h"
#include "support/zookeeper_server.h"

#include <memory>
#include <string>
#include <vector>

namespace heliosd::test {

/// Stores on a real server, for as long as `run` runs.
class ZkEnvironment final : public StoreEnvironment {
public:
    ZkEnvironment(ZookeeperServer& server, std::string base)
        : server_(server), base_(std::move(base)), tasks_(world_.executor()) {
        options.servers = server.address();
        options.session_timeout = std::chrono::seconds{4};
        options.connection_limit = std::chrono::seconds{1};
    }

    /// For the stores made from now on.
    store::ZkOptions options;

    /// Runs a test inside; afterwards all sessions are closed.
    void run(Async<void> body) { world_.run(tasks_.scope(prepared(std::move(body)))); }

    store::ZkStore& connect_zk() {
        auto made = store::ZkStore::make(world_.executor(), world_.clock, options);
        REQUIRE(made.has_value());
        stores_.push_back(std::move(*made));
        tasks_.spawn("store", stores_.back()->run());
        return *stores_.back();
    }

    /// The stores made so far; the first is the environment's own.
    store::ZkStore& store(std::size_t number) { return *stores_.at(number); }
    ZookeeperServer& server() { return server_; }
    Clock& clock() override { return world_.clock; }
    std::string const& base() const override { return base_; }
    store::Store& connect() override { return connect_zk(); }
    Async<void> close(store::Store& store) override {
        co_await static_cast<store::ZkStore&>(store).close();
    }
    Async<void> expire(store::Store& store) override {
        auto& zk = static_cast<store::ZkStore&>(store);
        server_.expire(zk.session().id, zk.session_password());
        co_return;
    }
    Async<void> cut() override {
        server_.kill();
        co_return;
    }
    Async<void> restore() override {
        server_.start();
        co_return;
    }

private:
    Async<void> prepared(Async<void> body) {
        auto const made = co_await store::ensure_path(connect(), base_);
        if (!made) FAIL(made.error().message);
        co_await std::move(body);
    }

    ZookeeperServer& server_;
    std::string base_;
    RealWorld world_;
    std::vector<std::unique_ptr<store::ZkStore>> stores_;
    TaskGroup tasks_;
};

/// One server for all tests of the run; null, said aloud, where ZooKeeper is not installed.
inline ZookeeperServer* shared_zookeeper() {
    if (!ZookeeperServer::is_installed()) {
        skip("ZooKeeper is not here (packages zookeeper and default-jre-headless)");
        return nullptr;
    }
    static ZookeeperServer server;
    return &server;
}

} // namespace heliosd::test
