// SPDX-License-Identifier: Apache-2.0
#include "base/async/concurrently.h"

#include "base/async/within.h"

#include "support/catch.h"
#include "support/run.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace heliosd {
namespace {

using namespace std::chrono_literals;

/// Work whose length is its input in seconds; number `bad` fails, number `bug` throws.
struct Site {
    Async<Result<std::string>> work(int seconds) {
        struct Leave {
            Site& site;
            bool done = false;
            ~Leave() {
                --site.under_way;
                if (!done) ++site.broken_off;
            }
        } leave{*this};
        ++begun;
        most = std::max(most, ++under_way);
        co_await world.clock.sleep(std::chrono::seconds(seconds));
        leave.done = true;
        if (seconds == bug) throw std::runtime_error("a bug");
        if (seconds == bad) co_return fail(Errc::io, "no good");
        co_return std::to_string(seconds);
    }
    Async<Result<>> work_without_result(int seconds) {
        auto const worked = co_await work(seconds);
        if (!worked) co_return std::unexpected(worked.error());
        co_return Result<>{};
    }
    Async<Result<std::vector<std::string>>> all(std::vector<int> lengths, std::size_t at_once) {
        auto const one = [this](int seconds) { return work(seconds); };
        co_return co_await concurrently(at_once, std::move(lengths), one);
    }
    Duration passed() const { return world.clock.now().time_since_epoch(); }

    test::World world;
    int bad = -1, bug = -1;
    int begun = 0, under_way = 0, most = 0, broken_off = 0;
};

TEST_CASE("concurrently: results stand in the order of the inputs, whoever was done first") {
    Site site;
    auto const results = site.world.run(site.all({3, 1, 2}, 8));
    CHECK(results.value() == std::vector<std::string>{"3", "1", "2"});
    CHECK(site.passed() == 3s);
    CHECK(site.world.run(site.all({}, 8)).value().empty());
}

TEST_CASE("concurrently: work without a result only tells whether it was done") {
    Site site;
    site.bad = 2;
    auto const one = [&](int seconds) { return site.work_without_result(seconds); };
    CHECK(site.world.run(concurrently(2, std::vector{1, 3}, one)));
    auto const failed = site.world.run(concurrently(2, std::vector{1, 2}, one));
    REQUIRE(!failed);
    CHECK(failed.error().message == "no good");
}

TEST_CASE("concurrently: no more than allowed are under way, and no place stays empty") {
    Site site;
    auto const results = site.world.run(site.all(std::vector(10, 1), 3));
    CHECK(results.value().size() == 10);
    CHECK(site.most == 3);
    CHECK(site.passed() == 4s);
}

TEST_CASE("concurrently: the first failure is the answer at once, and begins nothing more") {
    Site site;
    site.bad = 2;
    auto const results = site.world.run(site.all({9, 1, 9, 2, 9, 9, 9}, 3));
    REQUIRE(!results);
    CHECK(results.error().message == "no good");
    CHECK(site.passed() == 3s);
    CHECK(site.begun == 4);
    CHECK(site.broken_off == 2);
    CHECK(site.under_way == 0);
}

TEST_CASE("concurrently: an exception passes through when the others have ended") {
    Site site;
    site.bug = 1;
    CHECK_THROWS_WITH(site.world.run(site.all({9, 1, 9}, 2)), "a bug");
    CHECK(site.under_way == 0);
    CHECK(site.begun == 2);
}

TEST_CASE("concurrently: who is cancelled takes its work down") {
    Site site;
    auto const results = site.world.run(within(site.world.clock, 1s, site.all({9, 9, 9}, 2)));
    REQUIRE(!results);
    CHECK(results.error().code == Errc::timed_out);
    CHECK(site.passed() == 1s);
    CHECK(site.broken_off == 2);
    CHECK(site.under_way == 0);
}

} // namespace
} // namespace heliosd
