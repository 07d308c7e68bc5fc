// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include "support/catch.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace heliosd;
namespace fs = std::filesystem;

namespace {

/// A directory of its own that goes with the test.
struct Scratch {
    Scratch() {
        std::string pattern = (fs::temp_directory_path() / "heliosd-files-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
        path = pattern;
    }
    ~Scratch() { fs::remove_all(path); }
    Scratch(Scratch const&) = delete;
    Scratch& operator=(Scratch const&) = delete;

    std::string operator/(std::string const& name) const { return (path / name).string(); }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(path), fs::directory_iterator()));
    }
    fs::path path;
};

/// For its life no file may grow beyond `bytes`, as on a full disk.
struct FullDisk {
    explicit FullDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before);
        old_handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, old_handler);
    }
    FullDisk(FullDisk const&) = delete;
    FullDisk& operator=(FullDisk const&) = delete;

    rlimit before{};
    void (*old_handler)(int) = nullptr;
};

/// Runs `body` in a child process; its exit status says what body returned.
template <class Body> int in_child(Body body) {
    auto const child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("files: what was written is read, and no temporary file stays") {
    Scratch const dir;
    RealFiles files;
    std::string const content = "a\0b\n" + std::string(200'000, 'x');
    REQUIRE(files.write_atomic(dir / "f", content));
    CHECK(*files.read(dir / "f") == content);
    REQUIRE(files.write_atomic(dir / "f", ""));
    CHECK(files.read(dir / "f")->empty());
    CHECK(dir.entries() == 1);
}

TEST_CASE("files: a write that fails in the middle leaves the old file") {
    Scratch const dir;
    RealFiles files;
    REQUIRE(files.write_atomic(dir / "f", "old"));
    {
        FullDisk const full(1000);
        auto const written = files.write_atomic(dir / "f", std::string(5000, 'n'));
        REQUIRE_FALSE(written);
        CHECK(written.error().code == Errc::io);
        CHECK(written.error().message == "cannot write " + (dir / "f") + ".tmp: File too large");
    }
    CHECK(*files.read(dir / "f") == "old");
    CHECK(dir.entries() == 1);
}

TEST_CASE("files: a write that cannot start or end leaves the old file") {
    Scratch const dir;
    RealFiles files;
    REQUIRE(files.write_atomic(dir / "f", "old"));
    fs::create_directory(dir / "f.tmp");
    CHECK(files.write_atomic(dir / "f", "new").error().code == Errc::io);
    CHECK(*files.read(dir / "f") == "old");

    fs::create_directories(dir / "d/inside");
    CHECK(files.write_atomic(dir / "d", "new").error().code == Errc::io);
    CHECK(fs::is_directory(dir / "d"));
    CHECK_FALSE(fs::exists(dir / "d.tmp"));
    CHECK(files.write_atomic(dir / "none/f", "x").error().code == Errc::not_found);
}

TEST_CASE("files: a file that is replaced keeps its mode") {
    Scratch const dir;
    RealFiles files;
    REQUIRE(files.write_atomic(dir / "f", "1"));
    for (auto const mode : {fs::perms{0600}, fs::perms{0664}}) {
        fs::permissions(dir / "f", mode);
        REQUIRE(files.write_atomic(dir / "f", "2"));
        CHECK(fs::status(dir / "f").permissions() == mode);
    }
}

TEST_CASE("files: a file that is not there is not found, and is removed already") {
    Scratch const dir;
    RealFiles files;
    auto const read = files.read(dir / "f");
    CHECK(read.error().code == Errc::not_found);
    CHECK(read.error().message == "cannot read " + (dir / "f") + ": No such file or directory");
    CHECK(files.read(dir.path.string()).error().code == Errc::io);
    CHECK(files.remove(dir / "f"));
    REQUIRE(files.write_atomic(dir / "f", "x"));
    CHECK(files.remove(dir / "f"));
    CHECK(dir.entries() == 0);
    CHECK(files.remove(dir.path.string()).error().code == Errc::io);
}

TEST_CASE("files: a file of more than 64 MiB is not read") {
    Scratch const dir;
    std::ofstream(dir / "f").close();
    fs::resize_file(dir / "f", 64 * 1024 * 1024 + 1);
    CHECK(RealFiles().read(dir / "f").error().code == Errc::too_large);
}

TEST_CASE("files: directories are made with their parents") {
    Scratch const dir;
    RealFiles files;
    CHECK(files.make_directories(dir / "a/b/c"));
    CHECK(files.make_directories(dir / "a/b/c"));
    CHECK(fs::is_directory(dir / "a/b/c"));
    CHECK(files.make_directories("/"));
    CHECK(files.make_directories("."));
    CHECK(files.make_directories(dir / "mine/", Access::owner));
    CHECK(fs::status(dir / "mine").permissions() == fs::perms::owner_all);
    CHECK(files.make_directories(dir / "a", Access::owner));
    CHECK(fs::status(dir / "a").permissions() != fs::perms::owner_all);
    REQUIRE(files.write_atomic(dir / "f", ""));
    CHECK(files.make_directories(dir / "f").error().message ==
          "cannot make the directory " + (dir / "f") + ": Not a directory");
}

TEST_CASE("files: a lock held by another process is refused until that process ends") {
    Scratch const dir;
    std::string const path = dir / "lock";
    int ready[2], done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    auto const child = ::fork();
    if (child == 0) {
        auto const lock = RealFiles().lock(path);
        char byte = lock ? 'y' : 'n';
        ::close(done[1]);
        [[maybe_unused]] auto told = ::write(ready[1], &byte, 1);
        [[maybe_unused]] auto heard = ::read(done[0], &byte, 1); // until the parent closes its end
        ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    RealFiles files;
    auto const refused = files.lock(path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::locked);
    CHECK(refused.error().message == "State lock file already locked: " + path);
    ::close(done[1]);
    ::waitpid(child, nullptr, 0);
    CHECK(files.lock(path));
    for (int const fd : {ready[0], ready[1], done[0]}) ::close(fd);
}

TEST_CASE("files: a second lock in one process is refused and does not harm the first") {
    Scratch const dir;
    RealFiles files;
    auto lock = files.lock(dir / "lock");
    REQUIRE(lock);
    fs::create_symlink(dir / "lock", dir / "alias");
    CHECK(files.lock(dir / "lock").error().code == Errc::locked);
    CHECK(files.lock(dir / "alias").error().code == Errc::locked);
    auto const free_for_others = [&] {
        return in_child([&] {
            int const fd = ::open((dir / "lock").c_str(), O_RDWR);
            struct flock probe{};
            probe.l_type = F_WRLCK;
            return ::fcntl(fd, F_SETLK, &probe) == 0 ? 1 : 0;
        });
    };
    CHECK(free_for_others() == 0);
    lock->reset();
    CHECK(free_for_others() == 1);
    CHECK(files.lock(dir / "lock"));
}

TEST_CASE("files: those in memory behave alike and fail on demand") {
    MemoryFiles files;
    CHECK(files.read("f").error().code == Errc::not_found);
    REQUIRE(files.write_atomic("f", "old"));
    files.fail_writes = "No space left on device";
    auto const written = files.write_atomic("f", "new");
    CHECK(written.error().message == "cannot write f: No space left on device");
    CHECK(files.make_directories("d").error().message ==
          "cannot make the directory d: No space left on device");
    CHECK(*files.read("f") == "old");
    CHECK(files.remove("f"));
    CHECK(files.content.empty());
    auto lock = files.lock("l");
    REQUIRE(lock);
    CHECK(files.lock("l").error().message == "State lock file already locked: l");
    lock->reset();
    CHECK(files.lock("l"));
}
