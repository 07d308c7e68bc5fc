// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"

#include "support/catch.h"
#include "support/run.h"
#include "support/slow_store.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// `/t` with a hundred nodes that have one each.
struct Setup {
    Setup() {
        std::vector<Op> ops{Create{"/t", ""}};
        for (int i = 0; i < 100; ++i) ops.emplace_back(Create{fmt::format("/t/{:02}", i), ""});
        for (int i = 0; i < 100; ++i) ops.emplace_back(Create{fmt::format("/t/{:02}/x", i), ""});
        for (auto const& op : ops) paths.push_back(std::get<Create>(op).path);
        REQUIRE(world.run(store->multi(std::move(ops))).has_value());
    }

    test::World world;
    InlineOffload offload;
    EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<EmbeddedStore> store = ensemble.connect({.connection_limit = 15s});
    test::SlowStore slow{*store, world.clock, 10ms};
    std::vector<std::string> paths; ///< parents first
};

TEST_CASE("store: a tree is listed a level at a time, not a node at a time") {
    Setup setup;
    auto const began = setup.world.clock.now();
    CHECK(setup.world.run(list_tree(setup.slow, "/t")).value() == setup.paths);
    CHECK(setup.slow.most == reads_at_once);
    CHECK(setup.world.clock.now() - began == 10ms + 40ms + 40ms);
    CHECK(setup.world.run(list_tree(setup.slow, "/none")).value().empty());
}

Async<void> remove_soon(Setup& setup) {
    co_await setup.world.clock.sleep(15ms);
    co_await setup.store->multi({Remove{"/t/50/x"}, Remove{"/t/50"}});
}

TEST_CASE("store: a node that vanishes while its tree is listed is left out") {
    Setup setup;
    asio::co_spawn(setup.world.loop, remove_soon(setup), [](std::exception_ptr) {});
    auto const listed = setup.world.run(list_tree(setup.slow, "/t"));
    std::erase_if(setup.paths, [](auto const& path) { return path.starts_with("/t/50"); });
    CHECK(listed.value() == setup.paths);
}

TEST_CASE("store: a tree of which a part cannot be read is not listed") {
    Setup setup;
    setup.store->close();
    CHECK(setup.world.run(list_tree(setup.slow, "/t")).error().code == StoreErrc::closed);
}

} // namespace
} // namespace heliosd::store
