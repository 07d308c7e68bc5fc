// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/sqlite_journal.h"

#include "store/embedded/embedded_store.h"
#include "support/catch.h"
#include "support/lossy_disk.h"
#include "support/run.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace heliosd::store {
namespace {

/// A directory that goes with the test.
struct Scratch {
    Scratch() {
        auto pattern = (std::filesystem::temp_directory_path() / "heliosd-store-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()));
        path = pattern;
    }
    ~Scratch() { std::filesystem::remove_all(path); }
    std::string file() const { return path + "/store.db"; }
    std::string path;
};

struct Opened {
    explicit Opened(std::string const& file, char const* vfs = nullptr) {
        auto journal = open_sqlite_journal(file, vfs);
        if (!journal) FAIL(journal.error().message);
        auto opened =
            EmbeddedEnsemble::open(world.executor(), world.clock, offload, std::move(*journal));
        if (!opened) FAIL(opened.error().message);
        ensemble = std::move(*opened);
        store = ensemble->connect();
    }

    test::World world;
    InlineOffload offload;
    std::unique_ptr<EmbeddedEnsemble> ensemble;
    std::unique_ptr<EmbeddedStore> store;
};

/// What an administrator might do to the file.
void tamper(std::string const& file, char const* sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
}

TEST_CASE("store: a tree on a file is there after a restart, without its ephemerals") {
    Scratch scratch;
    Stat before;
    {
        Opened first(scratch.file());
        auto const made = first.world.run(
            first.store->multi({Create{"/a", "1"}, Create{"/a/b", std::string("\0x", 2)},
                                Create{"/gone", ""}, Create{"/up", "", CreateMode::ephemeral}}));
        REQUIRE(made.has_value());
        CHECK(first.world.run(first.store->set("/a", "2", 0)).has_value());
        CHECK(first.world.run(first.store->remove("/gone", any_version)).has_value());
        before = first.world.run(first.store->get("/a"))->stat;
    }
    Opened second(scratch.file());
    CHECK(second.world.run(second.store->get("/a"))->data == "2");
    CHECK(second.world.run(second.store->get("/a"))->stat == before);
    CHECK(second.world.run(second.store->get("/a/b"))->data == std::string("\0x", 2));
    CHECK(second.world.run(second.store->children("/")).value() == std::vector<std::string>{"a"});
    // Numbers go on where they were.
    CHECK(second.world.run(second.store->set("/a", "3", 1))->mzxid > before.mzxid);
}

TEST_CASE("store: the file of a running store is refused to others, and private") {
    Scratch scratch;
    Opened first(scratch.file());
    auto const second = open_sqlite_journal(scratch.file());
    REQUIRE(!second);
    CHECK(second.error().code == Errc::locked);
    CHECK(second.error().message.find("in use by another process") != std::string::npos);
    struct stat status{};
    REQUIRE(::stat(scratch.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("store: files that are not ours or too new are refused with a reason") {
    Scratch scratch;
    auto const refused = [&](std::string const& reason) {
        auto const journal = open_sqlite_journal(scratch.file());
        REQUIRE(!journal);
        CHECK(journal.error().code == Errc::invalid);
        CHECK_THAT(journal.error().message, Catch::Contains(reason));
        CHECK_THAT(journal.error().message, Catch::Contains(scratch.file()));
    };
    SECTION("newer") {
        Opened(scratch.file());
        tamper(scratch.file(), "PRAGMA user_version = 2");
        refused("newer heliosd (format 2, this one knows 1)");
    }
    SECTION("another program's") {
        tamper(scratch.file(), "CREATE TABLE bookmark (url TEXT)");
        refused("another program");
    }
    SECTION("no database") {
        std::ofstream(scratch.file()) << std::string(5000, 'x');
        refused("no store of heliosd");
    }
    SECTION("a node without its parent") {
        Opened(scratch.file());
        tamper(scratch.file(), "INSERT INTO node VALUES ('/a/b','',1,1,1,1,1,0,0,0)");
        auto journal = open_sqlite_journal(scratch.file());
        REQUIRE(journal.has_value());
        test::World world;
        InlineOffload offload;
        auto const opened =
            EmbeddedEnsemble::open(world.executor(), world.clock, offload, std::move(*journal));
        REQUIRE(!opened);
        CHECK(opened.error().message == "the node /a/b has no parent");
    }
}

std::string bytes_of(std::string const& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_CASE("store: a file that is refused keeps every byte") {
    Scratch scratch;
    auto const file = scratch.file();
    SECTION("another program's") {
        tamper(file, "CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('x')");
    }
    SECTION("another program's, with a write-ahead log") {
        tamper(file, "PRAGMA journal_mode = WAL; CREATE TABLE bookmark (url TEXT)");
    }
    SECTION("newer") {
        Opened(scratch.file());
        tamper(file, "PRAGMA user_version = 2");
    }
    SECTION("newer, after a crash") {
        Opened(scratch.file());
        // What a process leaves that is killed: a log that is not part of the file yet.
        sqlite3* running = nullptr;
        REQUIRE(sqlite3_open(file.c_str(), &running) == SQLITE_OK);
        auto const* sql = "PRAGMA user_version = 2; UPDATE state SET value = 7";
        REQUIRE(sqlite3_exec(running, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        std::filesystem::copy_file(file, scratch.path + "/crashed.db");
        std::filesystem::copy_file(file + "-wal", scratch.path + "/crashed.db-wal");
        sqlite3_close(running);
        std::filesystem::rename(scratch.path + "/crashed.db", file);
        std::filesystem::rename(scratch.path + "/crashed.db-wal", file + "-wal");
        CHECK(!bytes_of(file + "-wal").empty());
    }
    SECTION("no database") {
        std::ofstream(file) << std::string(5000, 'x');
    }
    auto const before = bytes_of(file), log_before = bytes_of(file + "-wal");
    auto const journal = open_sqlite_journal(file);
    REQUIRE(!journal);
    CHECK(journal.error().code == Errc::invalid);
    CHECK((bytes_of(file) == before));
    CHECK((bytes_of(file + "-wal") == log_before));
}

TEST_CASE("store: a directory that is not there is named") {
    auto const journal = open_sqlite_journal("/nonexistent/store.db");
    REQUIRE(!journal);
    CHECK(journal.error().message ==
          "cannot open /nonexistent/store.db: No such file or directory");
}

/// Writes pairs of nodes that belong together until the power fails. Answers how many were
/// acknowledged.
int write_until_broken(test::LossyDisk& disk, Opened& opened, int from) {
    for (int i = from;; ++i) {
        auto const number = std::to_string(i);
        auto const done = opened.world.run(opened.store->multi(
            {Create{"/a" + number, number}, Create{"/b" + number, number}, Set{"/count", number}}));
        if (!done) {
            CHECK(disk.is_broken());
            CHECK(done.error().error.code == StoreErrc::outcome_unknown);
            return i;
        }
    }
}

TEST_CASE("store: a power failure takes nothing that was acknowledged") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        test::LossyDisk disk(seed);
        int acknowledged = 0;
        {
            Opened first("/store.db", disk.name());
            REQUIRE(first.world.run(first.store->create("/count", "", CreateMode::persistent)));
        }
        for (int round = 0; round < 4; ++round) {
            {
                Opened opened("/store.db", disk.name());
                for (int i = 0; i < acknowledged; ++i) {
                    auto const number = std::to_string(i);
                    REQUIRE(opened.ensemble->tree().find("/a" + number));
                    REQUIRE(opened.ensemble->tree().find("/b" + number)->data == number);
                }
                // The one in doubt has happened whole, or not at all.
                auto const next = std::to_string(acknowledged);
                bool const happened = opened.ensemble->tree().find("/a" + next);
                CHECK(happened == (opened.ensemble->tree().find("/b" + next) != nullptr));
                if (happened) ++acknowledged;
                auto const count = acknowledged == 0 ? "" : std::to_string(acknowledged - 1);
                CHECK(opened.ensemble->tree().find("/count")->data == count);

                disk.fail_after(
                    static_cast<int>(3 + (seed * 7 + static_cast<std::uint64_t>(round) * 13) % 50));
                acknowledged = write_until_broken(disk, opened, acknowledged);
            }
            disk.reboot();
        }
        CHECK(acknowledged > 0);
    }
}

TEST_CASE("store: what could not be stored is not shown, and is stored when the disk is back") {
    test::LossyDisk disk(1000);
    Opened opened("/store.db", disk.name());
    auto& world = opened.world;
    REQUIRE(world.run(opened.store->create("/a", "1", CreateMode::persistent)).has_value());
    disk.break_down();
    auto const unknown = world.run(opened.store->set("/a", "2", any_version));
    CHECK(unknown.error().code == StoreErrc::outcome_unknown);
    CHECK_THAT(unknown.error().message, Catch::Contains("could not be made durable"));
    CHECK(world.run(opened.store->get("/a")).error().code == StoreErrc::unavailable);
    CHECK(world.run(opened.store->exists("/")).value()); // not touched

    disk.repair();
    CHECK(world.run(opened.store->get("/a"))->data == "2");
    CHECK(world.run(opened.store->set("/a", "3", 1))->version == 2);
}

} // namespace
} // namespace heliosd::store
