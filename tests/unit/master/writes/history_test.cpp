// SPDX-License-Identifier: Apache-2.0
#include "master/writes/cluster_writer.h"

#include "layout/paths.h"
#include "master/writes/history_removals.h"
#include "store/embedded/embedded_store.h"
#include "support/catch.h"
#include "support/run.h"
#include "support/slow_store.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;

/// A tree ten milliseconds away.
struct Setup {
    Async<void> put(std::string path, std::string data = "") {
        auto const made = co_await store::ensure_path(*store, path);
        if (made) co_await store->set(std::move(path), std::move(data), store::any_version);
    }

    test::World world;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> store = ensemble.connect({.connection_limit = 15s});
    test::SlowStore slow{*store, world.clock, 10ms};
    SeededRng rng{1};
    ClusterWriter operations{slow, world.clock, rng};
    model::JobId const id = *model::JobId::parse("a:1:" + std::string(40, 'f'));
};

constexpr int hosts = 1000;

Async<void> write_history(Setup& setup) {
    auto const job = setup.id.to_string();
    co_await setup.put(layout::job(job), "{}");
    std::string const event =
        R"({"job":{"id":"a:1","image":"i"},"goal":"START","state":"RUNNING"})";
    for (int i = 0; i < hosts; ++i)
        for (std::string stamp : {"1", "2"})
            co_await setup.put(layout::history_event(job, fmt::format("h{:03}", i), stamp), event);
}

Async<void> forget_one(Setup& setup) {
    co_await setup.world.clock.sleep(900ms);
    co_await setup.store->remove(layout::history_event(setup.id.to_string(), "h999", "2"),
                                 store::any_version);
}

Async<void> read_history(Setup& setup) {
    co_await write_history(setup);
    asio::co_spawn(setup.world.loop, forget_one(setup), [](std::exception_ptr) {});
    auto const began = setup.world.clock.now();
    auto const events = co_await setup.operations.job_history(setup.id);
    auto const took = setup.world.clock.now() - began;
    REQUIRE(events.value());
    // The one that vanished after it had been listed is missed by nobody.
    CHECK((*events)->size() == 2 * hosts - 1);
    CHECK((*events)->at(0).host == "h000");
    CHECK((*events)->at(hosts).host == "h000");
    CHECK((*events)->at(hosts).timestamp == 2);
    CHECK((*events)->back().host == "h998");
    CHECK(setup.slow.most == store::reads_at_once);
    CHECK(took < 1s);
}
TEST_CASE("master: the history of a job on a thousand hosts is read in a second") {
    Setup setup;
    setup.world.run(read_history(setup));
}

Async<void> deregister(Setup& setup) {
    co_await setup.put(layout::host_id("h"), "id");
    for (int i = 0; i < 100; ++i) {
        auto const job = fmt::format("j:{}:{}", i, std::string(40, 'f'));
        co_await setup.put(layout::host_job("h", job));
        co_await setup.put(layout::job_host(job, "h"));
        co_await setup.put(layout::history_event(job, "h", "1"));
    }
    auto const began = setup.world.clock.now();
    auto const outcome = co_await setup.operations.deregister_host("h");
    CHECK(outcome.value() == DeregisterOutcome::removed);
    CHECK(setup.world.clock.now() - began < 500ms);
    CHECK(setup.slow.most == store::reads_at_once);
    auto const& tree = setup.ensemble.tree();
    auto const job = fmt::format("j:{}:{}", 99, std::string(40, 'f'));
    CHECK(!tree.find(layout::host("h")));
    CHECK(!tree.find(layout::job_host(job, "h")));
    // Its history can be too large for this request: the worker removes it.
    CHECK(tree.find(layout::history_host(job, "h"))->data == removed_mark);
    CHECK(tree.find(layout::history_job(job)));
}
TEST_CASE("master: a host with a hundred jobs is removed in half a second") {
    Setup setup;
    setup.world.run(deregister(setup));
}

} // namespace
} // namespace heliosd::master
