// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"
#include "support/catch.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace heliosd;

namespace {

/// A directory of its own, gone afterwards.
struct Scratch {
    Scratch() {
        std::string name = std::filesystem::temp_directory_path() / "heliosd-files-XXXXXX";
        path = ::mkdtemp(name.data());
    }
    ~Scratch() { std::filesystem::remove_all(path); }
    std::string path;
};

/// Whether another process gets the lock.
bool another_process_locks(std::string const& path) {
    auto const child = ::fork();
    if (child == 0) {
        RealFiles files;
        ::_exit(files.lock(path) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("files: what was written is read, and nothing else is left behind") {
    Scratch scratch;
    RealFiles files;
    auto const path = scratch.path + "/deep/er/state.json";
    REQUIRE(files.make_directories(scratch.path + "/deep/er"));
    REQUIRE(files.make_directories(scratch.path + "/deep/er"));
    REQUIRE(files.write_atomic(path, "old"));
    REQUIRE(files.write_atomic(path, std::string(200'000, 'x')));
    CHECK(files.read(path).value() == std::string(200'000, 'x'));
    CHECK_FALSE(std::filesystem::exists(path + ".tmp"));
    REQUIRE(files.remove(path));
    REQUIRE(files.remove(path));
    CHECK(files.read(path).error().code == Errc::not_found);
}

TEST_CASE("files: a refusal says what could not be done, to which file, and why") {
    Scratch scratch;
    RealFiles files;
    CHECK(files.read(scratch.path + "/none").error().message ==
          "cannot read " + scratch.path + "/none: No such file or directory");
    CHECK(files.write_atomic(scratch.path + "/none/x", "").error().message ==
          "cannot write " + scratch.path + "/none/x.tmp: No such file or directory");
    REQUIRE(files.write_atomic(scratch.path + "/file", ""));
    auto const made = files.make_directories(scratch.path + "/file");
    REQUIRE_FALSE(made);
    CHECK(made.error().message.starts_with("cannot make the directory " + scratch.path + "/file:"));
}

TEST_CASE("files: a lock keeps other processes out for as long as it lives") {
    Scratch scratch;
    RealFiles files;
    auto const path = scratch.path + "/lock";
    {
        auto lock = files.lock(path);
        REQUIRE(lock);
        CHECK_FALSE(another_process_locks(path));
    }
    CHECK(another_process_locks(path));
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("files: those in memory behave alike, and fail when a test says so") {
    MemoryFiles files;
    CHECK(files.read("/x").error().code == Errc::not_found);
    REQUIRE(files.write_atomic("/x", "y"));
    CHECK(files.read("/x").value() == "y");
    {
        auto lock = files.lock("/lock");
        REQUIRE(lock);
        CHECK(files.lock("/lock").error().code == Errc::locked);
    }
    CHECK(files.lock("/lock"));
    files.fail_writes = "No space left on device";
    CHECK(files.write_atomic("/x", "z").error().message ==
          "cannot write /x: No space left on device");
    CHECK(files.read("/x").value() == "y");
}
