// SPDX-License-Identifier: Apache-2.0
#include "base/async/clock.h"
#include "base/async/task_group.h"

#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <stdexcept>
#include <string>

namespace heliosd {
namespace {

using namespace std::chrono_literals;

struct Diary {
    Clock& clock;
    std::string text;

    Async<void> write(std::string word, Duration after) {
        co_await clock.sleep(after);
        text += word + "@" + std::to_string(clock.now().time_since_epoch() / 1s) + " ";
    }
    Async<void> fail() {
        co_await clock.sleep(1s);
        throw std::runtime_error("broken");
    }
    /// What a coroutine does whose part has been cancelled.
    Async<void> goes_on() {
        co_await finally(write("body", 10s), write("last", 2s));
        co_await write("more", 1s);
    }
};

TEST_CASE("async: what comes last comes when the body has ended") {
    test::World world;
    Diary diary{world.clock, {}};
    world.run(finally(diary.write("body", 1s), diary.write("last", 1s)));
    CHECK(diary.text == "body@1 last@2 ");
}

TEST_CASE("async: what comes last comes when the body has failed, and the failure is passed on") {
    test::World world;
    Diary diary{world.clock, {}};
    CHECK_THROWS_WITH(world.run(finally(diary.fail(), diary.write("last", 1s))), "broken");
    CHECK(diary.text == "last@2 ");
}

/// Runs `goes_on`, cancelled at these times.
std::string cancelled_at(std::vector<Duration> times) {
    test::World world;
    Diary diary{world.clock, {}};
    asio::cancellation_signal stop;
    std::exception_ptr ended;
    asio::co_spawn(
        world.executor(), diary.goes_on(),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) { ended = e; }));
    for (auto const time : times) {
        world.clock.run(world.loop, time);
        stop.emit(asio::cancellation_type::terminal);
    }
    world.clock.run(world.loop);
    return diary.text + (ended && is_cancellation(ended) ? "cancelled" : "?");
}

TEST_CASE("async: what comes last is not cancelled, its caller is") {
    CHECK(cancelled_at({3s}) == "last@5 cancelled");
    CHECK(cancelled_at({3s, 1s}) == "last@5 cancelled");
    CHECK(cancelled_at({11s}) == "body@10 last@12 cancelled");
}

} // namespace
} // namespace heliosd
