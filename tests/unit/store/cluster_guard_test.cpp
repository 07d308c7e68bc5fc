// SPDX-License-Identifier: Apache-2.0
#include "store/cluster_guard.h"

#include "store/embedded/embedded_store.h"
#include "support/catch.h"
#include "support/run.h"

namespace heliosd::store {
namespace {

struct Setup {
    test::World world;
    InlineOffload offload;
    EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<EmbeddedStore> raw = ensemble.connect();
    ClusterGuard guard{world.executor(), *raw, "prod"};

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

} // namespace
} // namespace heliosd::store
