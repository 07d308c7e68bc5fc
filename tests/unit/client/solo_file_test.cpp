// SPDX-License-Identifier: Apache-2.0
#include "client/solo_file.h"
#include "support/catch.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace heliosd;
using client::SoloFile;

namespace {

/// The id of a process that has ended.
std::int64_t dead_pid() {
    auto const child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

} // namespace

TEST_CASE("solo file: root and users each have their place") {
    CHECK(client::solo_file_path({}, 0) == "/run/heliosd/solo.json");
    CHECK(client::solo_file_path("/run/user/7", 0) == "/run/heliosd/solo.json");
    CHECK(client::solo_file_path("/tmp/r", 7) == "/tmp/r/heliosd/solo.json");
    CHECK(client::solo_file_path({}, 7) == "/run/user/7/heliosd/solo.json");
    CHECK(client::solo_file_path("relative", 7) == "/run/user/7/heliosd/solo.json");
    CHECK(client::solo_file_candidates({}, 7) ==
          std::vector<std::string>{"/run/user/7/heliosd/solo.json", "/run/heliosd/solo.json"});
    CHECK(client::solo_file_candidates({}, 0).size() == 1);
}

TEST_CASE("solo file: what a running solo wrote is found") {
    MemoryFiles files;
    SoloFile const file{.http = "http://127.0.0.1:5801", .pid = ::getpid()};
    REQUIRE(client::write_solo_file(files, "/run/heliosd/solo.json", file));
    CHECK(files.content["/run/heliosd/solo.json"] ==
          R"({"format":1,"http":"http://127.0.0.1:5801","pid":)" + std::to_string(::getpid()) +
              "}\n");
    CHECK(client::read_solo_file(files, "/run/heliosd/solo.json").value() == file);
}

TEST_CASE("solo file: one of a process that is gone counts as none") {
    MemoryFiles files;
    CHECK(client::read_solo_file(files, "/f").value() == std::nullopt);
    REQUIRE(client::write_solo_file(files, "/f", {.http = "x", .pid = dead_pid()}));
    CHECK(client::read_solo_file(files, "/f").value() == std::nullopt);
    // Somebody else's process, which we may not signal, is alive all the same.
    REQUIRE(client::write_solo_file(files, "/f", {.http = "x", .pid = 1}));
    CHECK(client::read_solo_file(files, "/f").value().has_value());
}

TEST_CASE("solo file: one with the number of the process that asks is of an earlier process") {
    MemoryFiles files;
    REQUIRE(client::write_solo_file(files, "/f", {.http = "x", .pid = ::getpid()}));
    CHECK(client::read_other_solo_file(files, "/f", ::getpid()).value() == std::nullopt);
    CHECK(client::read_other_solo_file(files, "/f", ::getppid()).value().has_value());
}

TEST_CASE("solo file: a broken one names the member") {
    MemoryFiles files;
    auto error_of = [&](std::string content) {
        files.content["/f"] = std::move(content);
        auto const file = client::read_solo_file(files, "/f");
        return file ? "no error" : file.error().message;
    };
    CHECK(error_of(R"({"format":2})") == "/f: format: only 1 is known");
    CHECK(error_of(R"({"format":1,"pid":1})") == "/f: http: a text is needed");
    CHECK(error_of(R"({"format":1,"http":"x"})") == "/f: pid: a number is needed");
    CHECK(error_of("{").starts_with("/f: "));
}

TEST_CASE("solo file: only its writer takes it away") {
    MemoryFiles files;
    REQUIRE(client::write_solo_file(files, "/f", {.http = "x", .pid = 42}));
    REQUIRE(client::remove_solo_file(files, "/f", 41));
    CHECK(files.content.contains("/f"));
    REQUIRE(client::remove_solo_file(files, "/f", 42));
    CHECK_FALSE(files.content.contains("/f"));
}
