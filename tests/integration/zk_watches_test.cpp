// SPDX-License-Identifier: Apache-2.0
#include "support/store_picture.h"
#include "support/zk_environment.h"

#include <fmt/format.h>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using test::ZkEnvironment;

/// A name that makes the whole path `length` bytes long.
std::string long_name(std::string const& parent, int number, std::size_t length) {
    auto name = fmt::format("{:06}-", number);
    name.append(length - parent.size() - 1 - name.size(), 'x');
    return name;
}

Async<void> create_many(Store& store, std::string parent, int count, std::size_t length) {
    for (int begin = 0; begin < count; begin += 500) {
        std::vector<Op> ops;
        for (int i = begin; i < begin + 500 && i < count; ++i)
            ops.push_back(Create{join(parent, long_name(parent, i, length)), "0"});
        auto const made = co_await store.multi(std::move(ops));
        if (!made) FAIL(made.error().error.message);
    }
}

Async<void> set_many(Store& store, std::string parent, int count, std::size_t length) {
    for (int begin = 0; begin < count; begin += 500) {
        std::vector<Op> ops;
        for (int i = begin; i < begin + 500 && i < count; ++i)
            ops.push_back(Set{join(parent, long_name(parent, i, length)), "1"});
        auto const made = co_await store.multi(std::move(ops));
        if (!made) FAIL(made.error().error.message);
    }
}

/// Until `store` has been away and is back, all of it.
Async<void> until_back(Store& store, std::uint64_t epoch) {
    auto now = store.session();
    while (now.epoch <= epoch || now.state != SessionState::connected)
        now = co_await store.session_changed(now);
}

/// Reads changes until `count` nodes have been reported with the data "1".
Async<int> changed_nodes(Clock& clock, Follower& follower, int count) {
    auto const deadline = clock.now() + 60s;
    std::map<std::string, bool> changed;
    while (static_cast<int>(changed.size()) < count) {
        auto next = follower.next();
        auto const batch = co_await within(clock, deadline - clock.now(), std::move(next));
        if (!batch) break;
        for (auto const& change : batch->changes)
            if (change.node && change.node->data == "1") changed[change.path] = true;
    }
    co_return static_cast<int>(changed.size());
}

Async<void> watch_many(ZkEnvironment& env, int count) {
    Store& writer = env.connect();
    auto& store = env.connect_zk();
    co_await create_many(writer, env.base(), count, 140);
    auto const root = env.base();
    auto follower = store.follow(
        root, [root](std::string_view path) { return Interest{path != root, path == root}; });
    auto const snapshot = co_await follower->next();
    CHECK(static_cast<int>(snapshot->changes.size()) == count + 1);

    auto const epoch = store.session().epoch, writer_epoch = writer.session().epoch;
    env.server().kill();
    env.server().start();
    co_await until_back(store, epoch);
    co_await until_back(writer, writer_epoch);

    co_await set_many(writer, env.base(), count, 140);
    auto const alive = co_await changed_nodes(env.clock(), *follower, count);
    CHECK(alive == count);
}

Async<void> twenty_thousand(ZkEnvironment& env) {
    co_await watch_many(env, 20'000);
}

TEST_CASE("store: 20,000 watches on long paths outlive the connection, spread over sessions") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    ZkEnvironment environment(*server, "/watches");
    environment.options.session_timeout = 20s;
    environment.options.connection_limit = 10s;
    environment.run(twenty_thousand(environment));
    // 20,000 × 144 bytes, at most 500 KiB each.
    CHECK(environment.store(2).session_count() == 6);
}

Async<void> on_one_session(ZkEnvironment& env) {
    co_await watch_many(env, 8'000);
}

TEST_CASE("store: a session that cannot be resumed with its watches is replaced") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    ZkEnvironment environment(*server, "/overflow");
    environment.options.session_timeout = 20s;
    environment.options.connection_limit = 10s;
    environment.options.watch_bytes_per_session = std::size_t{16} << 20;
    environment.run(on_one_session(environment));
    CHECK(environment.store(2).session_count() == 1);
}

Async<void> use_and_forget(ZkEnvironment& env) {
    auto& store = env.connect_zk();
    co_await create_many(store, env.base(), 100, 200);
    auto const root = env.base();
    auto const all = [](std::string_view) { return Interest{.data = true, .children = true}; };
    for (int i = 0; i < 5; ++i) {
        auto follower = store.follow(root, all);
        auto const snapshot = co_await follower->next();
        CHECK(snapshot->changes.size() == 101);
    }
    // Each time the same bytes were used again.
    CHECK(store.session_count() == 5);
}

TEST_CASE("store: what a follower no longer watches makes room for others") {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    ZkEnvironment environment(*server, "/forget");
    environment.options.watch_bytes_per_session = 8'200; // twenty nodes, data and children
    environment.run(use_and_forget(environment));
}

} // namespace
} // namespace heliosd::store
