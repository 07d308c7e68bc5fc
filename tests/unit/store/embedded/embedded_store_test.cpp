// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"

#include "support/catch.h"
#include "support/run.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using WriteFault = EmbeddedStore::WriteFault;

struct Setup {
    test::World world;
    InlineOffload offload;
    EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<EmbeddedStore> store = ensemble.connect({.connection_limit = 15s});
};

TEST_CASE("store: a lost write says that its outcome is unknown, and has not happened") {
    Setup setup;
    setup.store->fail_next_write(WriteFault::lost);
    auto const lost = setup.world.run(setup.store->create("/a", "", CreateMode::persistent));
    CHECK(lost.error().code == StoreErrc::outcome_unknown);
    CHECK(!setup.ensemble.tree().find("/a"));
    CHECK(setup.world.run(setup.store->create("/a", "", CreateMode::persistent)).has_value());
}

TEST_CASE("store: an unanswered write says that its outcome is unknown, and has happened") {
    Setup setup;
    setup.store->fail_next_write(WriteFault::unanswered);
    auto const unknown = setup.world.run(setup.store->multi({Create{"/a", ""}, Create{"/b", ""}}));
    CHECK(unknown.error().error.code == StoreErrc::outcome_unknown);
    CHECK(!unknown.error().failed);
    CHECK(setup.ensemble.tree().find("/a"));
    CHECK(setup.ensemble.tree().find("/b"));
}

Async<void> come_back(Clock& clock, EmbeddedStore& store) {
    co_await clock.sleep(5s);
    store.set_online(true);
}

TEST_CASE("store: a call waits for the connection, up to the limit") {
    Setup setup;
    setup.store->set_online(false);
    auto const before = setup.world.clock.now();
    auto const refused = setup.world.run(setup.store->exists("/"));
    CHECK(refused.error().code == StoreErrc::unavailable);
    CHECK(setup.world.clock.now() - before == 15s);

    asio::co_spawn(setup.world.loop, come_back(setup.world.clock, *setup.store),
                   [](std::exception_ptr) {});
    CHECK(setup.world.run(setup.store->exists("/")).value());
    CHECK(setup.world.clock.now() - before == 20s);
    CHECK(setup.store->session().epoch == 2);
}

TEST_CASE("store: a session that expires while offline is a new one when it comes back") {
    Setup setup;
    auto const before = setup.store->session();
    auto const made = setup.world.run(setup.store->create("/up", "", CreateMode::ephemeral));
    REQUIRE(made.has_value());
    setup.store->set_online(false);
    CHECK(setup.ensemble.tree().find("/up"));
    setup.store->expire();
    CHECK(!setup.ensemble.tree().find("/up"));
    CHECK(setup.store->session().id == before.id);
    setup.store->set_online(true);
    CHECK(setup.store->session().id != before.id);
}

Async<void> cut_and_write(Setup& setup) {
    auto follower = setup.store->follow("/", [](std::string_view) { return Interest{true, true}; });
    auto const snapshot = co_await follower->next();
    CHECK(snapshot->changes.size() == 1);
    auto other = setup.ensemble.connect();
    setup.store->set_online(false);
    auto const made = co_await other->create("/a", "", CreateMode::persistent);
    CHECK(made.has_value());
    asio::co_spawn(setup.world.loop, come_back(setup.world.clock, *setup.store),
                   [](std::exception_ptr) {});
    auto const before = setup.world.clock.now();
    auto const batch = co_await follower->next();
    CHECK(setup.world.clock.now() - before == 5s);
    CHECK(batch->changes.at(0).path == "/a");
    setup.store->close();
    auto const over = co_await follower->next();
    CHECK(over.error().code == StoreErrc::closed);
}

TEST_CASE("store: a follower is silent without a connection and catches up with it") {
    Setup setup;
    setup.world.run(cut_and_write(setup));
}

TEST_CASE("store: a failed multi leaves nothing behind, not even in the Stat of the parents") {
    Setup setup;
    auto& world = setup.world;
    REQUIRE(world.run(setup.store->multi({Create{"/a", "0"}, Create{"/a/x", "1"}})).has_value());
    auto const a = *setup.ensemble.tree().find("/a"), x = *setup.ensemble.tree().find("/a/x");
    auto const failed = world.run(setup.store->multi(
        {Set{"/a", "2"}, Create{"/a/up", "", CreateMode::ephemeral}, Remove{"/a/x"},
         Create{"/a/x", "3"}, Set{"/a/x", "4"}, Remove{"/a/up"}, Check{"/none"}}));
    CHECK(failed.error().failed == 6u);
    CHECK(setup.ensemble.tree().find("/a")->stat == a.stat);
    CHECK(setup.ensemble.tree().find("/a")->data == "0");
    CHECK(setup.ensemble.tree().find("/a")->children == a.children);
    CHECK(setup.ensemble.tree().find("/a/x")->stat == x.stat);
    CHECK(setup.ensemble.tree().find("/a/x")->data == "1");
    setup.store->close();
    CHECK(setup.ensemble.tree().find("/a")->stat == a.stat);
}

} // namespace
} // namespace heliosd::store
