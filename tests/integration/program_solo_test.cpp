// SPDX-License-Identifier: Apache-2.0
// `heliosd solo` from the outside.
#include "integration/program_walk.h"
#include "support/catch.h"

#include <csignal>

#include <fmt/format.h>

namespace heliosd::test {
namespace {

using namespace std::chrono_literals;

/// A solo that can be ended and started again.
struct Solo {
    explicit Solo(RealDocker const& docker)
        : rig(docker.endpoint),
          daemon(rig, "solo",
                 {"solo", "--name", host, "--http", address, "--state-dir", rig.path("state"),
                  "--docker", docker.endpoint}) {
        daemon.start();
        REQUIRE(api.is_up(host, 20s));
    }

    std::string const host = "solo-host";
    std::string const address = fmt::format("127.0.0.1:{}", free_port());
    Rig rig;
    Daemon daemon;
    Api api{rig, address};
};

TEST_CASE("program: solo does the walk-through of the manual, from create to remove") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    CHECK(solo.daemon.says("heliosd solo is ready: the API is http://" + solo.address));
    CHECK(solo.daemon.says("helios create"));
    walk_through(solo.rig, solo.api, solo.host, docker->image);
}

TEST_CASE("program: SIGTERM ends solo with 0, its containers go on and the next solo has them") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    auto const sleeper = deploy_sleeper(solo.rig, solo.api, "kept:1", solo.host, docker->image);
    CHECK(solo.daemon.stop(SIGTERM) == 0);
    CHECK(solo.rig.container(sleeper.container.id) == sleeper.container);
    CHECK(solo.api.call("GET", "/masters").status == 0);

    solo.daemon.start();
    check_untouched(solo.rig, solo.api, sleeper);
    check_undeploys(solo.rig, solo.api, sleeper);
}

TEST_CASE("program: kill -9 of solo leaves the containers alone, and the next solo has them") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    auto const sleeper = deploy_sleeper(solo.rig, solo.api, "survivor:1", solo.host, docker->image);
    for (int i = 0; i < 3; ++i) {
        CHECK(solo.daemon.stop(SIGKILL) == 128 + SIGKILL);
        CHECK(solo.rig.container(sleeper.container.id) == sleeper.container);
        solo.daemon.start();
        check_untouched(solo.rig, solo.api, sleeper);
    }
    check_undeploys(solo.rig, solo.api, sleeper);
}

TEST_CASE("program: a container that ended while solo was away is started by the next solo") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    auto const sleeper = deploy_sleeper(solo.rig, solo.api, "ended:1", solo.host, docker->image);
    solo.daemon.stop(SIGKILL);
    solo.rig.kill_container(sleeper.container.id);
    solo.daemon.start();
    REQUIRE(solo.api.answers(30s));
    // What the API says may be of yesterday for no more than five seconds.
    CHECK(solo.rig.eventually(5s, [&] {
        auto const status = solo.api.status(sleeper.job, solo.host);
        auto const container = solo.rig.container(at(status, {"containerId"}));
        return at(status, {"state"}) != "RUNNING" || container.running;
    }));
    CHECK(solo.rig.eventually(30s, [&] {
        auto const status = solo.api.status(sleeper.job, solo.host);
        auto const container = solo.rig.container(at(status, {"containerId"}));
        return at(status, {"state"}) == "RUNNING" && container.running;
    }));
}

TEST_CASE("program: what was acknowledged before kill -9 is known to the next solo") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    Words jobs;
    for (int i = 0; i < 10; ++i)
        jobs.push_back(solo.api.create(fmt::format(R"({{"id":"job{}:1","image":"busybox"}})", i)));
    solo.daemon.stop(SIGKILL);
    solo.daemon.start();
    REQUIRE(solo.api.is_up(solo.host, 20s));
    auto const known = solo.api.call("GET", "/jobs").document;
    for (auto const& job : jobs) CHECK(known.find(job) != nullptr);
}

TEST_CASE("program: helios without any target finds the solo of this machine and says so") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo(*docker);
    auto const found = solo.rig.helios({"-v", "hosts"});
    INFO(found.output);
    CHECK(found.status == 0);
    CHECK(found.output.find(solo.host) != std::string::npos);
    CHECK(found.output.find(fmt::format("the solo with pid {}", solo.daemon.process().pid())) !=
          std::string::npos);

    solo.daemon.stop(SIGTERM);
    auto const gone = solo.rig.helios({"hosts"});
    CHECK(gone.status == 1);
    CHECK(gone.output.find("start heliosd solo") != std::string::npos);
}

} // namespace
} // namespace heliosd::test
