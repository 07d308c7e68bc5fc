// SPDX-License-Identifier: Apache-2.0
#include "store/watch_follower.h"

#include "base/async/task_group.h"
#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using Outcome = WatchReply::Outcome;

/// One session with a server that has the single node `/r`.
class OneNode final : public WatchSessions {
public:
    explicit OneNode(test::World& world) : world_(world) {}

    Executor executor() const override { return world_.loop.get_executor(); }
    Clock& clock() const override { return world_.clock; }
    void add_listener(WatchListener& added) override { listener = &added; }
    void remove_listener(WatchListener&) override { listener = nullptr; }
    SessionNumber reserve(std::string_view, unsigned) override { return 0; }
    void release(SessionNumber, std::string_view, unsigned) override {}
    void read(SessionNumber, WatchRead, std::string, Patience, Handler handler) override {
        ++reads;
        answer({.outcome = read_outcome, .stat = {.mzxid = version}, .data = "data"}, handler);
    }
    void sync(SessionNumber, std::string, Patience, Handler handler) override {
        ++syncs;
        answer({.outcome = sync_outcome}, handler);
    }
    bool is_connected(SessionNumber) const override { return true; }
    bool is_closed() const override { return false; }
    Duration connection_limit() const override { return 10s; }
    std::string trouble() const override { return "too busy"; }
    void run_after(Duration delay, std::function<void()> action) override {
        asio::co_spawn(world_.loop, later(delay, std::move(action)), [](std::exception_ptr) {});
    }

    Outcome read_outcome = Outcome::ok, sync_outcome = Outcome::ok;
    std::int64_t version = 1;
    int reads = 0, syncs = 0;
    WatchListener* listener = nullptr;

private:
    void answer(WatchReply reply, Handler handler) {
        asio::post(world_.loop, [handler = std::move(handler), reply = std::move(reply)]() mutable {
            handler(std::move(reply));
        });
    }
    Async<void> later(Duration delay, std::function<void()> action) {
        co_await world_.clock.sleep(delay);
        action();
    }

    test::World& world_;
};

struct Setup {
    test::World world;
    OneNode sessions{world};
    WatchFollower follower{sessions, "/r", [](std::string_view) { return Interest{.data = true}; }};

    Setup() {
        auto const snapshot = world.run(follower.next());
        CHECK(snapshot.value().changes.size() == 1);
    }
    Async<void> recover(Duration delay) {
        co_await world.clock.sleep(delay);
        sessions.read_outcome = sessions.sync_outcome = Outcome::ok;
    }
    void recover_after(Duration delay) {
        asio::co_spawn(world.loop, recover(delay), [](std::exception_ptr) {});
    }
};

TEST_CASE("store: a refresh whose sync is refused asks again, with pauses, until it is not") {
    Setup setup;
    setup.sessions.sync_outcome = Outcome::refused;
    setup.sessions.version = 2;
    setup.recover_after(3s);
    auto const start = setup.world.clock.now();
    auto const fresh = setup.world.run(setup.follower.refresh({"/r"}));
    REQUIRE(fresh);
    CHECK(setup.world.clock.now() - start >= 3s);
    // 0.1 s, 0.2 s, … 1.6 s
    CHECK(setup.sessions.syncs == 6);
}

TEST_CASE("store: a refresh that is refused for ever ends with the connection limit") {
    Setup setup;
    setup.sessions.sync_outcome = Outcome::refused;
    auto const fresh = setup.world.run(setup.follower.refresh({"/r"}));
    CHECK(fresh.error().code == StoreErrc::unavailable);
    CHECK(fresh.error().message == "no connection to ZooKeeper: too busy");
    CHECK(setup.sessions.syncs <= 10);
}

TEST_CASE("store: a read that is refused is made again, with pauses") {
    Setup setup;
    setup.sessions.read_outcome = Outcome::refused;
    setup.sessions.version = 2;
    setup.sessions.reads = 0;
    setup.recover_after(3s);
    setup.sessions.listener->watch_fired(0, "/r");
    auto const next = setup.world.run(setup.follower.next());
    CHECK(next.value().changes.at(0).node->stat.mzxid == 2);
    CHECK(setup.sessions.reads == 6);
}

} // namespace
} // namespace heliosd::store
