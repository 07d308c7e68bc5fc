// SPDX-License-Identifier: Apache-2.0
#include "support/catch.h"
#include "support/store_contract.h"
#include "support/store_picture.h"

#include "store/store.h"

#include <array>
#include <memory>

namespace heliosd::test {
namespace {

using namespace store;
using Env = StoreEnvironment;
using Nodes = std::map<std::string, std::string>;

Scope everything() {
    return [](std::string_view) { return Interest{.data = true, .children = true}; };
}

/// The root and its children, not deeper.
Scope one_level(std::string root) {
    return
        [root](std::string_view path) { return Interest{.data = true, .children = path == root}; };
}

Async<void> write(Store& store, std::vector<Op> ops) {
    auto const done = co_await store.multi(std::move(ops));
    if (!done) UNSCOPED_INFO(done.error().error.message);
    CHECK(done.has_value());
}

Async<void> snapshot_then_changes(Env& env) {
    Store& store = env.connect();
    Store& other = env.connect();
    auto const root = join(env.base(), "root"), a = join(root, "a"), b = join(root, "b");
    co_await write(other, {Create{root, "r"}, Create{a, "1"}, Create{join(a, "x"), "2"}});

    auto follower = store.follow(root, everything());
    auto const first = (co_await follower->next()).value();
    ClusterView picture;
    picture.apply(first);
    CHECK(picture.nodes == Nodes{{root, "r"}, {a, "1"}, {join(a, "x"), "2"}});
    CHECK(first.changes.back().node->stat.version == 0);

    co_await write(other, {Set{a, "changed"}});
    Nodes wanted{{root, "r"}, {a, "changed"}, {join(a, "x"), "2"}};
    CHECK(co_await becomes(env.clock(), *follower, picture, wanted));
    co_await write(other, {Remove{join(a, "x")}, Remove{a}, Create{b, "new"}});
    wanted = {{root, "r"}, {b, "new"}};
    CHECK(co_await becomes(env.clock(), *follower, picture, wanted));
    co_await write(other, {Remove{b}, Create{b, "again"}, Create{join(b, "y"), "deep"}});
    wanted = {{root, "r"}, {b, "again"}, {join(b, "y"), "deep"}};
    CHECK(co_await becomes(env.clock(), *follower, picture, wanted));
    co_await write(other, {Remove{join(b, "y")}, Remove{b}, Remove{root}});
    CHECK(co_await becomes(env.clock(), *follower, picture, {}));
}

Async<void> missing_root(Env& env) {
    Store& store = env.connect();
    auto const root = join(env.base(), "later");
    auto follower = store.follow(root, everything());
    auto const first = (co_await follower->next()).value();
    CHECK(first.snapshot);
    REQUIRE(first.changes.size() == 1);
    CHECK(first.changes[0].path == root);
    CHECK(!first.changes[0].node);

    ClusterView picture;
    picture.batches = 1;
    co_await write(store, {Create{root, "r"}, Create{join(root, "a"), "1"}});
    Nodes const wanted{{root, "r"}, {join(root, "a"), "1"}};
    CHECK(co_await becomes(env.clock(), *follower, picture, wanted));
}

Async<void> scope_limits(Env& env) {
    Store& store = env.connect();
    auto const root = join(env.base(), "root"), a = join(root, "a");
    co_await write(store, {Create{root, "r"}, Create{a, "1"}, Create{join(a, "deep"), "unseen"}});
    auto follower = store.follow(root, one_level(root));
    ClusterView picture;
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}, {a, "1"}}));
    co_await write(store, {Set{join(a, "deep"), "still unseen"}, Create{join(a, "more"), ""}});
    co_await write(store, {Set{a, "2"}});
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}, {a, "2"}}));
}

Async<void> newest_wins(Env& env) {
    Store& store = env.connect();
    auto const root = join(env.base(), "root");
    co_await write(store, {Create{root, "0"}});
    auto follower = store.follow(root, everything());
    ClusterView picture;
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "0"}}));
    for (int i = 1; i <= 50; ++i) co_await write(store, {Set{root, std::to_string(i)}});
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "50"}}));
    CHECK(picture.batches <= 51);
}

Async<void> fence(Env& env) {
    Store& store = env.connect();
    Store& other = env.connect();
    auto const root = join(env.base(), "root"), a = join(root, "a"), b = join(root, "b");
    co_await write(other, {Create{root, "r"}, Create{a, "0"}});
    auto follower = store.follow(root, everything());
    ClusterView picture;
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}, {a, "0"}}));

    for (int i = 1; i <= 20; ++i) {
        auto const text = std::to_string(i);
        co_await write(other, {Set{a, text}, Create{b, text}});
        auto const now = (co_await follower->refresh({a, b})).value();
        picture.apply(now);
        CHECK(picture.nodes == Nodes{{root, "r"}, {a, text}, {b, text}});
        co_await write(other, {Remove{b}});
        picture.apply((co_await follower->refresh({b})).value());
        CHECK(picture.nodes == Nodes{{root, "r"}, {a, text}});
    }
    // Nothing comes twice: what `next` says is newer than all of that.
    co_await write(other, {Create{join(root, "end"), ""}});
    Nodes const wanted{{root, "r"}, {a, "20"}, {join(root, "end"), ""}};
    auto const last = (co_await follower->next()).value();
    for (auto const& change : last.changes) CHECK(change.path == join(root, "end"));
    picture.apply(last);
    CHECK(picture.nodes == wanted);
}

Async<void> over_a_connection_loss(Env& env) {
    Store& store = env.connect();
    Store& other = env.connect();
    auto const root = join(env.base(), "root"), a = join(root, "a"), b = join(root, "b");
    co_await write(other, {Create{root, "r"}, Create{a, "1"}, Create{b, "1"}});
    auto follower = store.follow(root, everything());
    ClusterView picture;
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}, {a, "1"}, {b, "1"}}));

    co_await env.cut();
    co_await env.restore();
    // The watches are alive, whoever noticed the cut.
    auto now = other.session();
    while (now.state != SessionState::connected) now = co_await other.session_changed(now);
    auto back = co_await other.exists(root);
    for (int i = 0; i < 10 && !back; ++i) back = co_await other.exists(root);
    CHECK(back.has_value());
    co_await write(other, {Set{a, "2"}, Remove{b}, Create{join(a, "x"), "3"}});
    Nodes const wanted{{root, "r"}, {a, "2"}, {join(a, "x"), "3"}};
    CHECK(co_await becomes(env.clock(), *follower, picture, wanted));
}

Async<void> over_an_expiry(Env& env) {
    Store& store = env.connect();
    Store& other = env.connect();
    auto const root = join(env.base(), "root"), up = join(root, "up");
    co_await write(other, {Create{root, "r"}});
    co_await write(store, {Create{up, "", CreateMode::ephemeral}});
    auto follower = store.follow(root, everything());
    ClusterView picture;
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}, {up, ""}}));
    co_await env.expire(store);
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "r"}}));
    co_await write(other, {Set{root, "alive"}});
    CHECK(co_await becomes(env.clock(), *follower, picture, {{root, "alive"}}));
}

constexpr std::array cases{
    ContractCase{"a follower shows the tree, then what changes", snapshot_then_changes},
    ContractCase{"a follower waits for a root that is not there", missing_root},
    ContractCase{"a follower reports what is in scope only", scope_limits},
    ContractCase{"changes of one node collapse into the newest", newest_wins},
    ContractCase{"refresh is a fence", fence},
    ContractCase{"a follower survives the loss of its connection", over_a_connection_loss},
    ContractCase{"a follower survives the loss of its session", over_an_expiry},
};

} // namespace

std::span<ContractCase const> follow_contract() {
    return cases;
}

} // namespace heliosd::test
