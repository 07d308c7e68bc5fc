// SPDX-License-Identifier: Apache-2.0
#include "support/store_picture.h"
#include "support/zk_environment.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using test::ZkEnvironment;

Scope everything() {
    return [](std::string_view) { return Interest{.data = true, .children = true}; };
}

Async<Session> until_state(Store& store, SessionState state) {
    auto now = store.session();
    while (now.state != state) now = co_await store.session_changed(now);
    co_return now;
}

Async<Session> until_epoch(Store& store, std::uint64_t epoch) {
    auto now = store.session();
    while (now.epoch < epoch) now = co_await store.session_changed(now);
    co_return now;
}

/// Runs a test against the shared server.
void on_zookeeper(std::string base, Async<void> (*body)(ZkEnvironment&)) {
    auto* server = test::shared_zookeeper();
    if (!server) return;
    ZkEnvironment environment(*server, std::move(base));
    environment.run(body(environment));
}

Async<void> restart(ZkEnvironment& env) {
    Store& store = env.connect();
    auto const up = join(env.base(), "up");
    auto const made = co_await store.create(up, "", CreateMode::ephemeral);
    CHECK(made.has_value());
    auto const before = store.session();
    for (int i = 0; i < 3; ++i) {
        env.server().kill();
        auto const down = co_await until_state(store, SessionState::connecting);
        env.server().start();
        auto const started = env.clock().now();
        auto const back = co_await until_epoch(store, down.epoch + 1);
        // The library tries a server that refuses several times a second.
        CHECK(env.clock().now() - started < 2s);
        CHECK(back.id == before.id);
        auto const there = co_await store.exists(up);
        CHECK(there.value().value().ephemeral_owner == before.id);
    }
}

TEST_CASE("store: a restarted ZooKeeper finds the session alive and its client back at once") {
    on_zookeeper("/restart", restart);
}

Async<void> freeze(ZkEnvironment& env) {
    auto& store = env.connect_zk();
    auto const path = join(env.base(), "node");
    auto const made = co_await store.create(path, "0", CreateMode::persistent);
    CHECK(made.has_value());
    env.server().freeze();
    auto const start = env.clock().now();
    auto const write = co_await store.set(path, "1", 0);
    CHECK(write.error().code == StoreErrc::outcome_unknown);
    // Two thirds of the session timeout, plus a round of the library's own clock.
    CHECK(env.clock().now() - start < 4s);
    auto const read = co_await store.get(path);
    CHECK(read.error().code == StoreErrc::unavailable);
    CHECK(store.session().state == SessionState::connecting);
    CHECK(!store.trouble().empty());

    env.server().thaw();
    co_await until_state(store, SessionState::connected);
    // Whether it happened or not, it did not happen twice.
    auto const after = co_await store.get(path);
    CHECK(after.value().stat.version <= 1);
    CHECK(store.trouble().empty());
}

TEST_CASE("store: a frozen ZooKeeper is noticed, and its thaw") {
    on_zookeeper("/freeze", freeze);
}

Async<void> close_frozen(ZkEnvironment& env) {
    auto& store = env.connect_zk();
    auto const there = co_await store.exists("/");
    CHECK(there.has_value());
    env.server().freeze();
    auto const start = env.clock().now();
    co_await store.close();
    CHECK(env.clock().now() - start < 2s);
    env.server().thaw();
    auto const over = co_await store.exists("/");
    CHECK(over.error().code == StoreErrc::closed);
}

TEST_CASE("store: closing does not wait for a frozen ZooKeeper") {
    on_zookeeper("/close", close_frozen);
}

Async<void> late_server(ZkEnvironment& env) {
    env.server().kill();
    auto& store = env.connect_zk();
    auto const refused = co_await store.exists("/");
    CHECK(refused.error().code == StoreErrc::unavailable);
    CHECK_THAT(refused.error().message, Catch::Contains("cannot connect"));
    env.server().start();
    co_await until_state(store, SessionState::connected);
    auto const there = co_await store.exists("/");
    CHECK(there.has_value());
}

TEST_CASE("store: a ZooKeeper that starts later is found") {
    on_zookeeper("/late", late_server);
}

using Nodes = std::map<std::string, std::string>;

/// A follower, and what its reader knows, while an ensemble grows beyond its backup.
struct Aging {
    explicit Aging(ZkEnvironment& env)
        : env_(env), store_(env.connect()), follower_(store_.follow(env.base(), everything())) {}

    Async<void> grow() {
        auto const base = env_.base();
        CHECK((co_await make("/kept", "kept")).has_value());
        CHECK((co_await make("/changed", "before")).has_value());
        auto const before = store_.session();
        env_.server().kill();
        env_.server().back_up();
        env_.server().start();
        co_await until_epoch(store_, before.epoch + 1);
        CHECK((co_await store_.set(base + "/changed", "after", any_version)).has_value());
        CHECK((co_await make("/added", "added")).has_value());
        CHECK(co_await shows({{base, ""},
                              {base + "/kept", "kept"},
                              {base + "/changed", "after"},
                              {base + "/added", "added"}}));
        env_.server().kill();
    }
    Async<Result<>> make(std::string name, std::string data) {
        co_return co_await store_.create(env_.base() + name, data, CreateMode::persistent);
    }
    Async<bool> shows(Nodes wanted) {
        co_return co_await test::becomes(env_.clock(), *follower_, view_, std::move(wanted));
    }

private:
    ZkEnvironment& env_;
    Store& store_;
    std::unique_ptr<Follower> follower_;
    test::ClusterView view_;
};

Async<void> restored(ZkEnvironment& env) {
    Aging aging(env);
    co_await aging.grow();
    env.server().restore();
    env.server().start();
    auto const base = env.base();
    CHECK(co_await aging.shows(
        {{base, ""}, {base + "/kept", "kept"}, {base + "/changed", "before"}}));
}

TEST_CASE("store: an ensemble restored from a backup is reached, and followers show its picture") {
    on_zookeeper("/restored", restored);
}

Async<void> wiped(ZkEnvironment& env) {
    Aging aging(env);
    co_await aging.grow();
    env.server().wipe();
    env.server().start();
    CHECK(co_await aging.shows({}));
    CHECK((co_await aging.make("", "again")).has_value());
    CHECK(co_await aging.shows({{env.base(), "again"}}));
}

TEST_CASE("store: an emptied ensemble is reached, and followers show that it is empty") {
    on_zookeeper("/wiped", wiped);
}

Async<void> unknown_name(ZkEnvironment& env) {
    env.options.servers = "no-such-host.invalid:2181";
    auto& store = env.connect_zk();
    auto const refused = co_await store.exists("/");
    CHECK(refused.error().code == StoreErrc::unavailable);
    CHECK_THAT(refused.error().message, Catch::Contains("'no-such-host.invalid'"));
}

TEST_CASE("store: a server name that cannot be resolved is named") {
    on_zookeeper("/unknown", unknown_name);
}

Async<Result<std::vector<asio::ip::address>>> look_up_in_vain(Clock& clock) {
    co_await clock.sleep(10s);
    co_return fail(Errc::timed_out, "no answer");
}

Async<void> slow_name_server(ZkEnvironment& env) {
    env.options.servers = "slow-host.invalid:2181," + env.server().address();
    env.options.resolve = [&env](std::string) { return look_up_in_vain(env.clock()); };
    auto const start = env.clock().now();
    // The server that needs no look-up is used at once.
    auto const there = co_await env.connect_zk().exists("/");
    CHECK(there.has_value());
    env.options.servers = "slow-host.invalid:2181";
    auto const refused = co_await env.connect_zk().exists("/");
    CHECK(refused.error().code == StoreErrc::unavailable);
    CHECK(env.clock().now() - start < 4s);
}

TEST_CASE("store: a name server that does not answer holds up neither requests nor their limits") {
    on_zookeeper("/slow-dns", slow_name_server);
}

Async<void> too_many_connections(ZkEnvironment& env) {
    env.server().kill();
    env.server().limit_connections(2);
    env.server().start();
    auto& first = env.connect_zk(); // the environment has one, too
    auto const one = co_await first.exists("/");
    CHECK(one.has_value());
    auto& second = env.connect_zk();
    // An attempt that meets the end of the connection early cannot tell.
    bool told = false;
    for (int i = 0; i < 20 && !told; ++i) {
        auto const refused = co_await second.exists("/");
        REQUIRE(!refused);
        CHECK(refused.error().code == StoreErrc::unavailable);
        told = refused.error().message.find("maxClientCnxns") != std::string::npos;
    }
    CHECK(told);
    env.server().kill();
    env.server().limit_connections(0);
    env.server().start();
    co_await until_state(second, SessionState::connected);
}

TEST_CASE("store: a server that has too many connections of ours is told from one that is down") {
    on_zookeeper("/limit", too_many_connections);
}

Async<void> chroot(ZkEnvironment& env) {
    Store& outside = env.connect();
    env.options.servers += env.base();
    Store& inside = env.connect();
    auto follower = inside.follow("/a", everything());
    test::ClusterView picture;
    auto const empty = co_await follower->next();
    CHECK(empty->snapshot);
    picture.batches = 1;
    std::vector<Op> ops{Create{"/a", "1"}, Create{"/a/b", "2"}};
    auto const made = co_await inside.multi(std::move(ops));
    CHECK(made.has_value());
    auto const seen = co_await outside.get(env.base() + "/a/b");
    CHECK(seen.value().data == "2");
    bool const shown =
        co_await test::becomes(env.clock(), *follower, picture, {{"/a", "1"}, {"/a/b", "2"}});
    CHECK(shown);
    auto const set = co_await outside.set(env.base() + "/a/b", "3");
    CHECK(set.has_value());
    bool const followed =
        co_await test::becomes(env.clock(), *follower, picture, {{"/a", "1"}, {"/a/b", "3"}});
    CHECK(followed);
}

TEST_CASE("store: below a chroot paths are relative to it") {
    on_zookeeper("/chroot", chroot);
}

Async<void> no_chroot(ZkEnvironment& env) {
    env.options.servers += "/none/here";
    Store& inside = env.connect();
    auto const made = co_await ensure_path(inside, "/config/hosts");
    CHECK(made.error().code == StoreErrc::not_found);
    CHECK(made.error().message ==
          "the ZooKeeper chroot /none/here does not exist: create it once, and what is above it, "
          "for example with 'create /none/here \"\"' in zkCli.sh");
    auto const deeper = co_await inside.create("/config/hosts", "", CreateMode::persistent);
    CHECK(deeper.error().message == "/config/hosts: no node");
}

TEST_CASE("store: a chroot that does not exist is named, with how to make it") {
    on_zookeeper("/no-chroot", no_chroot);
}

Async<void> acls(ZkEnvironment& env) {
    Store& stranger = env.connect();
    env.options.credentials = "master:secret";
    env.options.acl = [](std::string_view path) {
        // echo -n master:secret | openssl sha1 -binary | base64
        std::vector<AclEntry> entries{{perm_read | perm_write | perm_create | perm_delete, "digest",
                                       "master:4oCYjQT5vBn2iz1GwBYjY1pee3k="}};
        if (basename(path) == "public") entries.push_back({perm_read, "world", "anyone"});
        return entries;
    };
    Store& master = env.connect();
    auto const secret = join(env.base(), "secret"), open = join(env.base(), "public");
    auto const one = co_await master.create(secret, "s", CreateMode::persistent);
    CHECK(one.has_value());
    std::vector<Op> ops{Create{open, "p"}};
    auto const two = co_await master.multi(std::move(ops));
    CHECK(two.has_value());
    auto const own = co_await master.get(secret);
    CHECK(own.value().data == "s");

    auto const synced = co_await stranger.sync(env.base());
    CHECK(synced.has_value());
    auto const hidden = co_await stranger.get(secret);
    CHECK(hidden.error().code == StoreErrc::no_auth);
    auto const shown = co_await stranger.get(open);
    CHECK(shown.value().data == "p");
    auto const set = co_await stranger.set(open, "x");
    CHECK(set.error().code == StoreErrc::no_auth);
    std::vector<Op> bad{Check{open}, Set{open, "x"}};
    auto const refused = co_await stranger.multi(std::move(bad));
    CHECK(refused.error().error.code == StoreErrc::no_auth);
    CHECK(refused.error().failed == 1u);
    // What is there need not be creatable.
    auto const ensured = co_await ensure_path(stranger, open);
    CHECK(ensured.has_value());
    auto follower = stranger.follow(secret, everything());
    auto const forbidden = co_await follower->next();
    CHECK(forbidden.error().code == StoreErrc::no_auth);

    // One node that may not be read does not hide the others.
    auto parent = stranger.follow(env.base(), everything());
    auto const batch = (co_await parent->next()).value();
    REQUIRE(batch.changes.size() == 3);
    CHECK(batch.changes[1].path == open);
    CHECK(batch.changes[1].node->data == "p");
    CHECK(batch.changes[2].path == secret);
    CHECK(batch.changes[2].unreadable->code == StoreErrc::no_auth);
    auto const changed = co_await master.set(open, "q");
    CHECK(changed.has_value());
    auto const news = (co_await parent->next()).value();
    REQUIRE(news.changes.size() == 1);
    CHECK(news.changes[0].node->data == "q");
}

TEST_CASE("store: nodes get the ACL of the policy, in creates and in multis") {
    on_zookeeper("/acl", acls);
}

} // namespace
} // namespace heliosd::store
