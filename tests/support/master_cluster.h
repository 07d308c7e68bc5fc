// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task_group.h"
#include "master/api.h"
#include "master/registration.h"
#include "store/embedded_store.h"
#include "store/paths.h"
#include "support/run.h"

#include <memory>
#include <string>
#include <vector>

namespace heliosd::test {

/// An answer of the API, read to its end.
struct ApiAnswer {
    int status = 0;
    std::string reason;
    net::Headers headers;
    std::string body;

    /// The body as JSON; null when it is none.
    json::Value document() const {
        auto parsed = json::parse(body);
        return parsed ? std::move(*parsed) : json::Value();
    }
};

/// A master without sockets: its mirror, its API and a session of its own.
struct ApiMaster {
    ApiMaster(Executor executor, std::unique_ptr<store::EmbeddedStore> session, Clock& clock,
              std::uint64_t seed)
        : store(std::move(session)),
          rng(seed),
          mirror(executor, *store, clock, rng),
          api(*store, mirror, clock, rng),
          operations(*store, rng) {}

    Async<ApiAnswer> call(std::string method, std::string target, std::string body = "",
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
        net::Request request{.method = std::move(method), .target = std::move(target)};
        if (!body.empty()) request.headers.set("Content-Type", "application/json");
        for (auto& [name, value] : headers) request.headers.set(name, value);
        request.body = std::move(body);
        auto response = co_await api.handle(std::move(request), net::Context{});
        ApiAnswer answer{response.status, response.reason, response.headers, ""};
        if (auto* text = std::get_if<std::string>(&response.body)) answer.body = *text;
        if (auto* source = std::get_if<std::unique_ptr<net::BodySource>>(&response.body)) {
            for (;;) {
                auto piece = co_await (*source)->read();
                if (!piece || piece->empty()) break;
                answer.body += *piece;
            }
        }
        co_return answer;
    }

    std::unique_ptr<store::EmbeddedStore> store;
    SeededRng rng;
    master::Mirror mirror;
    master::Api api;
    master::Operations operations;
};

/// Several masters on one ensemble, in virtual time.
struct MasterCluster {
    explicit MasterCluster(int masters = 1) {
        for (int i = 0; i < masters; ++i) {
            this->masters.push_back(std::make_unique<ApiMaster>(
                world.executor(), ensemble.connect({.connection_limit = std::chrono::seconds{5}}),
                world.clock, static_cast<std::uint64_t>(i) + 1));
        }
    }

    ApiMaster& first() { return *masters[0]; }

    /// Runs `body` on masters that have registered and whose mirrors work.
    void run(Async<void> body) { world.run(tasks.scope(started(std::move(body)))); }

    /// A host as its agent would have registered it.
    Async<void> add_host(std::string host, bool up = true) {
        auto const registered = co_await first().operations.register_host(host, "id-of-" + host);
        if (!registered) throw std::runtime_error(registered.error().message);
        if (up) co_await put(store::paths::status_up(host), "", store::CreateMode::ephemeral);
        co_await settle();
    }
    /// Creates or replaces a node, as an agent or another master would.
    Async<void> put(std::string path, std::string data,
                    store::CreateMode mode = store::CreateMode::persistent) {
        auto const made = co_await first().store->create(path, data, mode);
        if (made) co_return;
        auto const set = co_await first().store->set(path, data, store::any_version);
        if (!set) throw std::runtime_error(path + ": " + set.error().message);
    }
    Async<void> drop(std::string path) {
        auto const removed = co_await first().store->remove(path, store::any_version);
        if (!removed) throw std::runtime_error(path + ": " + removed.error().message);
    }
    /// Until everything on its way has arrived.
    Async<void> settle() { co_await world.clock.sleep(std::chrono::milliseconds{1}); }

    bool has(std::string const& path) { return ensemble.tree().find(path) != nullptr; }

    World world;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::vector<std::unique_ptr<ApiMaster>> masters;
    TaskGroup tasks{world.executor()};

private:
    Async<void> started(Async<void> body) {
        master::Registration registration(*first().store, world.clock, first().rng, "master-1");
        auto const registered = co_await registration.register_once();
        if (!registered) throw std::runtime_error(registered.error().message);
        for (auto& master : masters) tasks.spawn("mirror", master->mirror.run());
        for (auto& master : masters) co_await master->mirror.wait_filled(std::chrono::seconds{1});
        co_await std::move(body);
    }
};

} // namespace heliosd::test
