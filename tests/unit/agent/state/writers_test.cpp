// SPDX-License-Identifier: Apache-2.0
#include "agent/state/history_writer.h"
#include "agent/state/status_writer.h"
#include "base/async/task_group.h"
#include "layout/paths.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "support/catch.h"
#include "support/run.h"
#include "unit/agent/jobs.h"
#include "unit/agent/log_lines.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using heliosd::test::World;
using test::job_named;

model::TaskStatus status_of(std::string name) {
    return {.job = job_named(std::move(name))};
}

TEST_CASE("agent: the writes that make the tree equal to the statuses here") {
    Documents const local{{"new", "1"}, {"same", "2"}, {"other", "3"}};
    Documents const remote{{"same", "2"}, {"other", "x"}, {"gone", "4"}};
    std::set<std::string> changed{"new", "same", "other", "gone", "never"};
    auto const ops = next_writes("/p", local, remote, changed, 1000);
    CHECK(changed.empty());
    REQUIRE(ops.size() == 3);
    CHECK(std::get<store::Remove>(ops[0]).path == "/p/gone");
    CHECK(std::get<store::Create>(ops[1]).path == "/p/new");
    CHECK(std::get<store::Create>(ops[1]).data == "1");
    CHECK(std::get<store::Set>(ops[2]).path == "/p/other");
    CHECK(std::get<store::Set>(ops[2]).data == "3");
}

TEST_CASE("agent: many large statuses are written in several requests") {
    Documents local;
    std::set<std::string> changed;
    for (int i = 0; i < 10; ++i) {
        auto const job = "job" + std::to_string(i);
        local[job] = std::string(400, 'x');
        changed.insert(job);
    }
    CHECK(next_writes("/p", local, {}, changed, 1000).size() == 3);
    CHECK(changed.size() == 7);
}

TEST_CASE("agent: two events of a job in one millisecond get different timestamps") {
    HistoryQueue queue;
    queue.add(status_of("a"), "h", 1000);
    queue.add(status_of("a"), "h", 1000);
    queue.add(status_of("a"), "h", 999);
    queue.add(status_of("b"), "h", 1000);
    std::vector<std::int64_t> times;
    for (auto const& event : queue.all().at(job_named("a").id.to_string()))
        times.push_back(event.timestamp);
    CHECK(times == std::vector<std::int64_t>{1000, 1001, 1002});
}

TEST_CASE("agent: undelivered history is bounded, and the oldest gives way") {
    HistoryQueue queue;
    for (int i = 0; i < 40; ++i) queue.add(status_of("a"), "h", 1 + i);
    auto const& events = queue.all().at(job_named("a").id.to_string());
    CHECK(events.size() == 30);
    CHECK(events.front().timestamp == 11);
    for (int job = 0; job < 40; ++job)
        for (int i = 0; i < 20; ++i)
            queue.add(status_of("job" + std::to_string(job)), "h", 1000 + job * 20 + i);
    std::size_t size = 0;
    for (auto const& [job, list] : queue.all()) size += list.size();
    CHECK(size == 600);
    CHECK(queue.oldest()->timestamp == 1200);
}

TEST_CASE("agent: delivered events leave the queue, whatever was added meanwhile") {
    HistoryQueue queue;
    queue.add(status_of("a"), "h", 1);
    auto const id = job_named("a").id.to_string();
    queue.add(status_of("a"), "h", 2);
    queue.remove(id, 1);
    queue.remove(id, 1);
    CHECK(queue.oldest()->timestamp == 2);
    queue.remove(id, 2);
    CHECK(!queue.oldest());
    CHECK(queue.all().empty());
}

TEST_CASE("agent: the timestamps of a job are remembered while it has an event or a task") {
    auto const id = job_named("a").id.to_string();
    auto const time_after = [&](bool is_delivered, bool has_task) {
        HistoryQueue queue;
        queue.add(status_of("a"), "h", 1000);
        if (is_delivered) queue.remove(id, 1000);
        queue.forget_jobs_without([&](std::string const&) { return has_task; });
        // By a clock that was set back.
        queue.add(status_of("a"), "h", 500);
        return queue.all().at(id).back().timestamp;
    };
    CHECK(time_after(false, false) == 1001);
    CHECK(time_after(true, true) == 1001);
    CHECK(time_after(true, false) == 500);
}

TEST_CASE("agent: thirty events stay in the tree, numerically the newest") {
    std::set<std::int64_t> timestamps;
    for (int i = 0; i < 32; ++i) timestamps.insert(995 + i);
    CHECK(surplus_events(timestamps) == std::vector<std::string>{"995", "996"});
    timestamps.clear();
    CHECK(surplus_events(timestamps).empty());
}

/// A tree that knows jobs `a` and `b`, and a writer to it.
struct Rig {
    World world;
    SeededRng rng{4};
    MemoryFiles files;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> store = ensemble.connect();
    bool has_task = true;
    HistoryWriter writer{{world.executor(), world.clock, rng, files, offload},
                         *store,
                         "h",
                         "/s/task-history.json",
                         [this](std::string const&) { return has_task; }};
    test::LogLines log;

    Async<void> run(Async<void> scenario) {
        for (auto const* name : {"a", "b"}) {
            auto const job = job_named(name).id.to_string();
            (co_await store::ensure_path(*store, layout::job(job))).value();
        }
        TaskGroup group(world.executor());
        group.spawn("history", writer.run());
        writer.allow(true);
        co_await group.scope(std::move(scenario));
    }
    static std::string place(std::string name) {
        return layout::history_events(job_named(std::move(name)).id.to_string(), "h");
    }
    Async<std::size_t> events(std::string name) {
        auto const names = co_await store->children(place(std::move(name)));
        co_return names ? names->size() : 0;
    }
};

Async<void> too_large(Rig& rig) {
    auto huge = status_of("a");
    huge.container_error = std::string(2'000'000, 'x');
    rig.writer.add(huge);
    co_await rig.world.clock.sleep(1ms);
    rig.writer.add(status_of("b"));
    rig.writer.add(status_of("a"));
    co_await rig.world.clock.sleep(2s);
    auto const of_a = co_await rig.events("a");
    CHECK(of_a == 1);
    auto const of_b = co_await rig.events("b");
    CHECK(of_b == 1);
    CHECK(!rig.writer.queue().oldest());
    CHECK(rig.log.size() == 1);
    CHECK(rig.log.count("can never be written, dropping it") == 1);
}

TEST_CASE("agent: an event that can never be written is dropped, and holds up no other") {
    Rig rig;
    rig.world.run(rig.run(too_large(rig)));
}

Async<void> unreachable(Rig& rig) {
    rig.store->set_online(false);
    rig.writer.add(status_of("a"));
    co_await rig.world.clock.sleep(10min);
    CHECK(rig.writer.queue().oldest());
    CHECK(rig.log.size() == 1);
    rig.store->set_online(true);
    co_await rig.world.clock.sleep(30s);
    auto const of_a = co_await rig.events("a");
    CHECK(of_a == 1);
    CHECK(rig.log.size() == 2);
}

TEST_CASE("agent: an event that cannot be written now waits until it can") {
    Rig rig;
    rig.world.run(rig.run(unreachable(rig)));
}

/// What is in the tree is listed once a job; what is added behind our back shows whether the list
/// was kept.
Async<void> come_back(Rig& rig, bool has_task, std::size_t events) {
    rig.writer.add(status_of("a"));
    rig.has_task = has_task;
    co_await rig.world.clock.sleep(5s);
    for (int i = 0; i < 40; ++i) {
        auto const path = store::join(Rig::place("a"), std::to_string(100 + i));
        (co_await rig.store->create(path, "", store::CreateMode::persistent)).value();
    }
    rig.writer.add(status_of("a"));
    co_await rig.world.clock.sleep(5s);
    auto const there = co_await rig.events("a");
    CHECK(there == events);
}

TEST_CASE("agent: what was delivered is remembered for as long as the job has a task") {
    for (auto const& [has_task, events] : {std::pair(true, 42u), std::pair(false, 30u)}) {
        Rig rig;
        rig.world.run(rig.run(come_back(rig, has_task, events)));
    }
}

Async<void> clock_set_back(Rig& rig) {
    (co_await store::ensure_path(*rig.store, Rig::place("a"))).value();
    auto const future = rig.world.clock.wall().time_since_epoch().count() + 1'000'000;
    for (int i = 0; i < 30; ++i) {
        auto const path = store::join(Rig::place("a"), std::to_string(future + i));
        (co_await rig.store->create(path, "", store::CreateMode::persistent)).value();
    }
    rig.writer.add(status_of("a"));
    rig.writer.add(status_of("a"));
    co_await rig.world.clock.sleep(5s);
    auto const names = co_await rig.store->children(Rig::place("a"));
    CHECK(names->size() == 30);
    for (auto const added : {future + 30, future + 31})
        CHECK(std::ranges::find(*names, std::to_string(added)) != names->end());
}

TEST_CASE("agent: after a jump back of the clock new events are not the first to be pruned") {
    Rig rig;
    rig.world.run(rig.run(clock_set_back(rig)));
}

} // namespace
} // namespace heliosd::agent
