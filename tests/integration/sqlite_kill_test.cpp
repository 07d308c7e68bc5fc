// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"
#include "store/embedded/sqlite_journal.h"

#include "support/catch.h"
#include "support/run.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace heliosd::store {
namespace {

constexpr int writers = 8;

std::string node_of(int writer) {
    return "/writer" + std::to_string(writer);
}

/// Sets its two nodes to ever higher numbers, and reports each that was acknowledged.
Async<void> write_for_ever(Store& store, int writer, int from, int report) {
    for (int i = from;; ++i) {
        auto const number = std::to_string(i);
        std::vector<Op> ops{Set{node_of(writer), number}, Set{node_of(writer) + "/twin", number}};
        auto const done = co_await store.multi(std::move(ops));
        if (!done) ::_exit(3);
        int const line[2] = {writer, i};
        if (::write(report, line, sizeof line) != sizeof line) ::_exit(4);
    }
}

/// The life of one victim; it never returns.
[[noreturn]] void be_killed(std::string const& file, std::array<int, writers> const& next,
                            int report) {
    test::RealWorld world;
    ThreadOffload offload;
    auto journal = open_sqlite_journal(file);
    if (!journal) ::_exit(5);
    auto ensemble =
        EmbeddedEnsemble::open(world.executor(), world.clock, offload, std::move(*journal));
    if (!ensemble) ::_exit(6);
    auto store = (*ensemble)->connect();
    for (int writer = 0; writer < writers; ++writer)
        asio::co_spawn(
            world.loop,
            write_for_ever(*store, writer, next[static_cast<std::size_t>(writer)], report),
            [](std::exception_ptr) { ::_exit(7); });
    world.loop.run();
    ::_exit(8);
}

/// Reads the report until so many lines have come, or to its end.
void read_report(int report, std::array<int, writers>& acknowledged, int lines) {
    int line[2];
    for (int i = 0; i != lines && ::read(report, line, sizeof line) == sizeof line; ++i)
        acknowledged[static_cast<std::size_t>(line[0])] = line[1];
}

TEST_CASE("store: kill -9 at any moment, a hundred times, takes no acknowledged write") {
    auto pattern = (std::filesystem::temp_directory_path() / "heliosd-kill-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    auto const file = pattern + "/store.db";
    std::array<int, writers> next{};
    {
        test::World world;
        InlineOffload offload;
        auto ensemble = EmbeddedEnsemble::open(world.executor(), world.clock, offload,
                                               open_sqlite_journal(file).value())
                            .value();
        auto store = ensemble->connect();
        for (int i = 0; i < writers; ++i) {
            auto const made = world.run(
                store->multi({Create{node_of(i), "-1"}, Create{node_of(i) + "/twin", "-1"}}));
            REQUIRE(made.has_value());
        }
    }
    std::mt19937 random(7);
    for (int round = 0; round < 100; ++round) {
        int report[2];
        REQUIRE(::pipe(report) == 0);
        auto const victim = ::fork();
        REQUIRE(victim >= 0);
        if (victim == 0) {
            ::close(report[0]);
            be_killed(file, next, report[1]);
        }
        ::close(report[1]);
        std::array<int, writers> acknowledged;
        for (std::size_t i = 0; i < writers; ++i) acknowledged[i] = next[i] - 1;
        read_report(report[0], acknowledged, static_cast<int>(random() % 60));
        ::kill(victim, SIGKILL);
        int status = 0;
        ::waitpid(victim, &status, 0);
        REQUIRE(WIFSIGNALED(status)); // it was still at work
        read_report(report[0], acknowledged, -1);
        ::close(report[0]);

        auto const content = open_sqlite_journal(file).value()->load().value();
        for (int i = 0; i < writers; ++i) {
            auto const place = static_cast<std::size_t>(i);
            auto const found = std::stoi(content.entries.at(node_of(i)).data);
            CHECK(found >= acknowledged[place]);
            CHECK(found <= acknowledged[place] + 1);
            CHECK(content.entries.at(node_of(i) + "/twin").data == std::to_string(found));
            next[place] = found + 1;
        }
    }
    std::filesystem::remove_all(pattern);
}

} // namespace
} // namespace heliosd::store
