// SPDX-License-Identifier: Apache-2.0
#include "support/master_cluster.h"
#include "layout/paths.h"

#include <stdexcept>

namespace heliosd::test {

using namespace std::chrono_literals;

json::Value ApiAnswer::document() const {
    auto parsed = json::parse(body);
    return parsed ? std::move(*parsed) : json::Value();
}

ApiMaster::ApiMaster(Executor executor, std::unique_ptr<store::EmbeddedStore> session, Clock& clock,
                     std::uint64_t seed)
    : store(std::move(session)),
      faults(executor, *store),
      rng(seed),
      mirror(executor, faults, clock, rng),
      removals(executor),
      cleaner(mirror, removals, faults, clock, rng),
      api(faults, mirror, removals, clock, rng, {.allowed_origins = {"http://page.example"}}),
      operations(faults, clock, rng) {
}

ApiMaster::~ApiMaster() = default;

Async<ApiAnswer> ApiMaster::call(std::string method, std::string target, std::string body,
                                 std::vector<std::pair<std::string, std::string>> headers) {
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

MasterCluster::MasterCluster(int count) {
    for (int i = 0; i < count; ++i) {
        masters.push_back(std::make_unique<ApiMaster>(
            world.executor(), ensemble.connect({.connection_limit = 5s}), world.clock,
            static_cast<std::uint64_t>(i) + 1));
    }
}

MasterCluster::~MasterCluster() = default;

void MasterCluster::run(Async<void> body) {
    world.run(tasks.scope(started(std::move(body))));
}

Async<void> MasterCluster::started(Async<void> body) {
    master::Registration registration(*first().store, world.clock, first().rng, "master-1");
    auto const registered = co_await registration.register_once();
    if (!registered) throw std::runtime_error(registered.error().message);
    for (auto& master : masters) {
        tasks.spawn("mirror", master->mirror.run());
        tasks.spawn("history", master->cleaner.run());
    }
    for (auto& master : masters) co_await master->mirror.wait_loaded(1s);
    co_await std::move(body);
}

Async<void> MasterCluster::add_host(std::string host, bool up) {
    auto const registered = co_await first().operations.register_host(host, "id-of-" + host);
    if (!registered) throw std::runtime_error(registered.error().message);
    if (up) co_await put(layout::status_up(host), "", store::CreateMode::ephemeral);
    co_await settle();
}

Async<void> MasterCluster::put(std::string path, std::string data, store::CreateMode mode) {
    auto const made = co_await first().store->create(path, data, mode);
    if (made) co_return;
    auto const set = co_await first().store->set(path, data, store::any_version);
    if (!set) throw std::runtime_error(path + ": " + set.error().message);
}

Async<void> MasterCluster::drop(std::string path) {
    auto const removed = co_await first().store->remove(path, store::any_version);
    if (!removed) throw std::runtime_error(path + ": " + removed.error().message);
}

Async<void> MasterCluster::settle() {
    co_await world.clock.sleep(1ms);
}

} // namespace heliosd::test
