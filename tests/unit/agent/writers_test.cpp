// SPDX-License-Identifier: Apache-2.0
#include "agent/history_writer.h"
#include "agent/status_writer.h"
#include "jobs.h"
#include "support/catch.h"

namespace heliosd::agent {
namespace {

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

TEST_CASE("agent: thirty events stay in the tree, numerically the newest") {
    std::set<std::int64_t> timestamps;
    for (int i = 0; i < 32; ++i) timestamps.insert(995 + i);
    CHECK(surplus_events(timestamps) == std::vector<std::string>{"995", "996"});
    timestamps.clear();
    CHECK(surplus_events(timestamps).empty());
}

} // namespace
} // namespace heliosd::agent
