// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_guard.h"

#include "store/embedded/embedded_store.h"
#include "support/catch.h"
#include "support/run.h"
#include "support/slow_store.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

struct Setup {
    test::World world;
    InlineOffload offload;
    EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<EmbeddedStore> raw = ensemble.connect();
    ClusterGuard guard{world.executor(), world.clock, *raw, "prod"};

    Setup() {
        world.run(made({Create{"/config", ""}, Create{"/config/id", ""}}));
        asio::co_spawn(world.loop, guard.run(), [](std::exception_ptr) {});
        world.clock.run(world.loop);
    }
    ~Setup() {
        raw->close();
        world.clock.run(world.loop);
    }
    Async<void> made(std::vector<Op> ops) {
        auto const done = co_await raw->multi(std::move(ops));
        CHECK(done.has_value());
    }
    /// As an operator or an accident does it.
    void happens(std::vector<Op> ops) {
        world.run(made(std::move(ops)));
        world.clock.run(world.loop);
    }
};

TEST_CASE("store: without the cluster's id nothing is read or written") {
    Setup setup;
    auto& world = setup.world;
    auto const refused = world.run(setup.guard.exists("/config"));
    REQUIRE(!refused);
    CHECK(refused.error().message == "ZooKeeper cluster ID does not exist");
    CHECK(!world.run(setup.guard.create("/a", "", CreateMode::persistent)));
    CHECK(!world.run(setup.guard.multi({Create{"/a", ""}})));
    CHECK(!setup.ensemble.tree().find("/a"));

    setup.happens({Create{"/config/id/prod", ""}});
    CHECK(world.run(setup.guard.create("/a", "", CreateMode::persistent)));
    setup.happens({Remove{"/config/id/prod"}});
    CHECK(!world.run(setup.guard.get("/a")));
}

TEST_CASE("store: a follower keeps silent about an ensemble without the cluster's id") {
    Setup setup;
    setup.happens({Create{"/config/id/prod", ""}, Create{"/t", ""}, Create{"/t/a", "1"}});
    auto follower = setup.guard.follow("/t", [](std::string_view) { return Interest{true, true}; });
    auto const snapshot = setup.world.run(follower->next());
    REQUIRE(snapshot);
    CHECK(snapshot->changes.size() == 2);

    // Wiped, and put back by somebody who noticed.
    setup.happens({Remove{"/t/a"}, Remove{"/config/id/prod"}});
    std::optional<Result<Batch>> batch;
    asio::co_spawn(
        setup.world.loop, follower->next(),
        [&](std::exception_ptr, Result<Batch> value) { batch.emplace(std::move(value)); });
    setup.world.clock.run(setup.world.loop);
    CHECK(!batch);
    setup.happens({Create{"/config/id/prod", ""}, Create{"/t/a", "1"}});
    REQUIRE(batch);
    // Nobody hears that it was gone.
    REQUIRE(batch->value().changes.size() == 1);
    CHECK(batch->value().changes[0].path == "/t/a");
    CHECK(batch->value().changes[0].node.has_value());
}

TEST_CASE("store: a refresh is newer than what the guard withholds") {
    Setup setup;
    auto& world = setup.world;
    setup.happens({Create{"/config/id/prod", ""}, Create{"/t", ""}, Create{"/t/a", "1"},
                   Create{"/t/b", "1"}});
    // The guard's node takes a second to be read.
    test::SlowStore slow(*setup.raw, world.clock, 1s);
    ClusterGuard guard(world.executor(), world.clock, slow, "prod");
    auto follower = guard.follow("/t", [](std::string_view) { return Interest{true, true}; });
    REQUIRE(world.run(follower->next()));
    auto const happens = [&](std::vector<Op> ops) {
        asio::co_spawn(world.loop, setup.made(std::move(ops)), [](std::exception_ptr) {});
    };

    std::optional<Result<std::vector<Change>>> fresh;
    asio::co_spawn(world.loop, follower->refresh({"/t/a", "/t/b"}),
                   [&](std::exception_ptr, auto value) { fresh.emplace(std::move(value)); });
    std::optional<Result<Batch>> next;
    asio::co_spawn(world.loop, follower->next(),
                   [&](std::exception_ptr, auto value) { next.emplace(std::move(value)); });
    world.clock.run(world.loop, 500ms);
    happens({Set{"/t/a", "2"}, Set{"/t/b", "2"}});
    world.clock.run(world.loop, 400ms);
    happens({Set{"/t/a", "3"}});
    world.clock.run(world.loop, 200ms);
    // Withheld are a = 2 and b = 2 now; `a` has changed since, `b` has not.
    CHECK(!next);
    REQUIRE(fresh);
    REQUIRE(fresh->value().size() == 2);
    CHECK((**fresh)[0].node->data == "3");
    CHECK((**fresh)[1].node->data == "2");

    // Nothing older comes after it.
    world.clock.run(world.loop);
    CHECK(!next);
    happens({Create{"/t/c", "4"}});
    world.clock.run(world.loop);
    REQUIRE(next);
    for (auto const& change : next->value().changes)
        CHECK((change.path == "/t" || change.path == "/t/c"));
}

TEST_CASE("store: without the cluster's id a follower is stale") {
    Setup setup;
    auto& clock = setup.world.clock;
    auto const start = clock.now();
    auto follower = setup.guard.follow("/t", [](std::string_view) { return Interest{true, true}; });
    CHECK(follower->stale_since() == start);
    setup.happens({Create{"/config/id/prod", ""}, Create{"/t", ""}});
    CHECK(follower->is_current());
    setup.world.run(clock.sleep(5s));
    auto const removed = clock.now();
    setup.happens({Remove{"/config/id/prod"}});
    CHECK(follower->stale_since() == removed);
    setup.happens({Create{"/config/id/prod", ""}});
    CHECK(follower->is_current());
    setup.raw->set_online(false);
    CHECK(follower->stale_since() == clock.now());
}

} // namespace
} // namespace heliosd::store
