// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"

#include "support/catch.h"
#include "support/run.h"

#include <deque>

namespace heliosd::store {
namespace {

/// Keeps what it is told in memory; fails on request.
struct MemoryJournal final : Journal {
    std::vector<Group>& groups;
    bool& broken;
    MemoryJournal(std::vector<Group>& kept, bool& fails) : groups(kept), broken(fails) {}

    Result<Content> load() override { return Content{}; }
    Result<> commit(Group const& group) override {
        if (broken) return fail(Errc::io, "the disk is full");
        groups.push_back(group);
        return {};
    }
};

/// Work happens when the test says so.
struct ManualOffload final : Offload {
    std::deque<std::function<void()>> waiting;
    void enqueue(std::function<void()> work) override { waiting.push_back(std::move(work)); }
    void run_one() {
        auto work = std::move(waiting.front());
        waiting.pop_front();
        work();
    }
};

struct Setup {
    test::World world;
    ManualOffload offload;
    std::vector<Journal::Group> groups;
    bool broken = false;
    std::unique_ptr<EmbeddedEnsemble> ensemble =
        EmbeddedEnsemble::open(world.executor(), world.clock, offload,
                               std::make_unique<MemoryJournal>(groups, broken))
            .value();
    std::unique_ptr<EmbeddedStore> store = ensemble->connect();

    template <class T> void start(Async<T> call, std::optional<T>& outcome) {
        asio::co_spawn(world.loop, std::move(call), [&outcome](std::exception_ptr, T value) {
            outcome.emplace(std::move(value));
        });
        settle();
    }
    void settle() { world.clock.run(world.loop); }
    void commit() {
        offload.run_one();
        settle();
    }
};

TEST_CASE("store: writes that arrive during a commit share the next one") {
    Setup setup;
    std::optional<Result<>> a, b, c;
    setup.start(setup.store->create("/a", "", CreateMode::persistent), a);
    setup.start(setup.store->create("/b", "", CreateMode::persistent), b);
    setup.start(setup.store->create("/c", "", CreateMode::ephemeral), c);
    CHECK((!a && !b && !c));
    REQUIRE(setup.offload.waiting.size() == 1);

    setup.commit();
    CHECK((a && !b && !c));
    REQUIRE(setup.offload.waiting.size() == 1);
    setup.commit();
    CHECK((b && c));
    CHECK(setup.offload.waiting.empty());

    REQUIRE(setup.groups.size() == 2);
    CHECK(setup.groups[0].nodes.contains("/a"));
    CHECK(setup.groups[1].nodes.at("/b").has_value());
    // Ephemeral nodes are never written.
    CHECK(!setup.groups[1].nodes.at("/c").has_value());
    CHECK(setup.groups[1].zxid == 3);
}

TEST_CASE("store: who asks about a node that is being committed waits, others do not") {
    Setup setup;
    std::optional<Result<>> made;
    setup.start(setup.store->create("/a", "1", CreateMode::persistent), made);
    setup.commit();
    auto follower = setup.store->follow("/", [](std::string_view) { return Interest{true, true}; });
    std::optional<Result<Batch>> batch;
    setup.start(follower->next(), batch);
    REQUIRE(batch);
    batch.reset();

    std::optional<Result<Stat>> set;
    setup.start(setup.store->set("/a", "2", any_version), set);
    std::optional<Result<Node>> read;
    std::optional<Result<>> synced;
    std::optional<Result<std::vector<std::string>>> names;
    std::optional<Result<Stat>> refused;
    setup.start(setup.store->get("/a"), read);
    setup.start(setup.store->sync("/"), synced);
    setup.start(setup.store->set("/a", "3", 0), refused);
    setup.start(setup.store->children("/"), names);
    setup.start(follower->next(), batch);
    CHECK((names && !set && !read && !synced && !refused && !batch));

    setup.commit();
    CHECK((set && read && synced && refused && batch));
    CHECK(read->value().data == "2");
    CHECK(refused->error().code == StoreErrc::version_conflict);
    CHECK(batch->value().changes.at(0).node->data == "2");
}

TEST_CASE("store: a follower's first picture waits for what it shows") {
    Setup setup;
    std::optional<Result<>> made;
    setup.start(setup.store->create("/a", "1", CreateMode::persistent), made);
    auto follower = setup.store->follow("/", [](std::string_view) { return Interest{true, true}; });
    std::optional<Result<Batch>> batch;
    setup.start(follower->next(), batch);
    CHECK(!batch);
    setup.commit();
    REQUIRE(batch);
    CHECK(batch->value().changes.size() == 2);
}

TEST_CASE("store: a write that could not be committed goes with the next one") {
    Setup setup;
    setup.broken = true;
    std::optional<Result<>> a, b;
    setup.start(setup.store->create("/a", "1", CreateMode::persistent), a);
    setup.commit();
    REQUIRE(a);
    CHECK(a->error().code == StoreErrc::outcome_unknown);
    CHECK_THAT(a->error().message, Catch::Contains("the disk is full"));

    setup.broken = false;
    setup.start(setup.store->create("/b", "2", CreateMode::persistent), b);
    setup.commit();
    REQUIRE(b);
    CHECK(b->has_value());
    REQUIRE(setup.groups.size() == 1);
    CHECK(setup.groups[0].nodes.contains("/a"));
    CHECK(setup.groups[0].nodes.contains("/b"));
}

TEST_CASE("store: changes do not pile up while commits fail") {
    Setup setup;
    std::optional<Result<>> made;
    setup.start(setup.store->create("/a", "", CreateMode::persistent), made);
    setup.commit();
    auto follower = setup.store->follow("/", [](std::string_view) { return Interest{true, true}; });
    std::optional<Result<Batch>> batch;
    setup.start(follower->next(), batch);
    REQUIRE(batch);

    setup.broken = true;
    for (int i = 0; i < 100; ++i) {
        std::optional<Result<Stat>> set;
        setup.start(setup.store->set("/a", std::to_string(i), any_version), set);
        setup.commit();
        REQUIRE(set);
        CHECK(set->error().code == StoreErrc::outcome_unknown);
        CHECK(setup.ensemble->waiting_events() == 1);
    }

    // The last state arrives when the disk is back; a path of the failed commit goes with it.
    setup.broken = false;
    batch.reset();
    setup.start(follower->next(), batch);
    std::optional<Result<>> other;
    setup.start(setup.store->create("/b", "", CreateMode::persistent), other);
    CHECK(!batch);
    setup.commit();
    REQUIRE((other && batch));
    REQUIRE(batch->value().changes.size() == 2);
    CHECK(batch->value().changes[0].node->data == "99");
    CHECK(batch->value().changes[1].path == "/b");
    CHECK(setup.ensemble->waiting_events() == 0);
}

TEST_CASE("store: a change that waits for its commit outlives the failure of an older one") {
    Setup setup;
    std::optional<Result<>> made;
    setup.start(setup.store->create("/a", "", CreateMode::persistent), made);
    setup.commit();
    auto follower = setup.store->follow("/", [](std::string_view) { return Interest{true, true}; });
    std::optional<Result<Batch>> batch;
    setup.start(follower->next(), batch);
    REQUIRE(batch);
    batch.reset();

    setup.broken = true;
    std::optional<Result<Stat>> older, newer;
    setup.start(setup.store->set("/a", "older", any_version), older);
    setup.start(setup.store->set("/a", "newer", any_version), newer);
    setup.start(follower->next(), batch);
    setup.commit();
    setup.broken = false;
    while (!setup.offload.waiting.empty()) setup.commit();
    REQUIRE(batch);
    CHECK(batch->value().changes.at(0).node->data == "newer");
}

} // namespace
} // namespace heliosd::store
