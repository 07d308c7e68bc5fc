// SPDX-License-Identifier: Apache-2.0
// Who may use the API of solo: web pages and other users of the machine may not.
#include "support/catch.h"
#include "support/program.h"
#include "support/servers.h"

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace heliosd::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned nobody = 65534; // also the number of its group

/// A solo without a Docker, whose socket file may belong to some group.
struct Solo {
    explicit Solo(Words more = {}) : daemon(rig, "solo", words(std::move(more))) {}

    void start() {
        daemon.start();
        REQUIRE(
            rig.eventually(20s, [&] { return rig.call(address, "GET", "/jobs").status == 200; }));
    }

    Words words(Words more) const {
        Words all{"solo",
                  "--http",
                  address,
                  "--docker",
                  "unix://" + rig.path("docker.sock"),
                  "--state-dir",
                  rig.path("state")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    /// The status line of an answer to a request that a user of this machine sends.
    std::string ask(unsigned user, std::string const& headers = "Host: localhost\\r\\n") const {
        auto const port = address.substr(address.find(':') + 1);
        auto const script =
            fmt::format("exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET /jobs HTTP/1.1\\r\\n{}"
                        "Connection: close\\r\\n\\r\\n' >&3; head -n 1 <&3",
                        port, headers);
        auto const id = std::to_string(user);
        auto const ended = run_command(
            {"setpriv", "--reuid", id, "--regid", id, "--clear-groups", "bash", "-c", script},
            {"PATH=/usr/bin:/bin"});
        return ended.output.substr(0, ended.output.find('\r'));
    }

    std::string const address = fmt::format("127.0.0.1:{}", free_port());
    Rig rig;
    Daemon daemon;
};

TEST_CASE("program: solo answers root and those who may use Docker's socket, nobody else here") {
    if (::geteuid() != 0) {
        WARN("SKIPPED: only root can act as another user");
        return;
    }
    SECTION("a user who may not use Docker") {
        Solo solo;
        solo.start();
        CHECK(solo.ask(0) == "HTTP/1.1 200 OK");
        CHECK(solo.ask(nobody) == "HTTP/1.1 403 Forbidden");
    }
    SECTION("a member of the group of Docker's socket") {
        Solo solo;
        auto const socket = solo.rig.path("docker.sock");
        std::ofstream(socket).close();
        REQUIRE(::chown(socket.c_str(), 0, nobody) == 0);
        REQUIRE(::chmod(socket.c_str(), 0660) == 0);
        solo.start();
        CHECK(solo.ask(nobody) == "HTTP/1.1 200 OK");
        REQUIRE(::chmod(socket.c_str(), 0600) == 0);
        CHECK(solo.ask(nobody) == "HTTP/1.1 403 Forbidden");
    }
    SECTION("every user, when they are let in") {
        Solo solo({"--allow-local-users"});
        solo.start();
        CHECK(solo.ask(nobody) == "HTTP/1.1 200 OK");
    }
}

TEST_CASE("program: web pages cannot use the API of solo, but those of named origins") {
    Solo solo({"--allowed-origin", "https://dashboard.example"});
    solo.start();
    auto const own = "Host: localhost\\r\\n";
    auto const user = static_cast<unsigned>(::geteuid());
    CHECK(solo.ask(user, std::string(own) + "Origin: https://dashboard.example\\r\\n") ==
          "HTTP/1.1 200 OK");
    CHECK(solo.ask(user, std::string(own) + "Origin: https://evil.example\\r\\n") ==
          "HTTP/1.1 403 Forbidden");
    CHECK(solo.ask(user, std::string(own) + "Sec-Fetch-Site: cross-site\\r\\n") ==
          "HTTP/1.1 403 Forbidden");
    CHECK(solo.ask(user, "Host: rebound.example\\r\\n") == "HTTP/1.1 403 Forbidden");
}

} // namespace
} // namespace heliosd::test
