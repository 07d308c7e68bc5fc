// SPDX-License-Identifier: Apache-2.0
// `heliosd master` and `heliosd agent` on a ZooKeeper of their own, each of the three killed in
// turn.
#include "integration/program_walk.h"
#include "support/catch.h"
#include "support/servers.h"
#include "support/zookeeper_server.h"

#include <csignal>

#include <fmt/format.h>

namespace heliosd::test {
namespace {

using namespace std::chrono_literals;

std::string local_port() {
    return fmt::format("127.0.0.1:{}", free_port());
}

std::optional<RealDocker> parts_of_a_cluster() {
    if (ZookeeperServer::is_installed()) return docker_of_this_run();
    skip("ZooKeeper is not here (packages zookeeper and default-jre-headless)");
    return std::nullopt;
}

struct Cluster {
    explicit Cluster(RealDocker const& docker)
        : rig(docker.endpoint),
          master(rig, "master", words("master", http, master_admin)),
          agent(rig, "agent", agent_words(docker.endpoint)) {}

    /// ZooKeeper, killed before, and the master back at work: reads come from memory all the time.
    void revive_zookeeper() {
        zookeeper.start();
        auto const job = fmt::format(R"({{"id":"probe:{}","image":"none"}})", ++probes);
        REQUIRE(rig.eventually(30s, [&] { return !api.create(job).empty(); }));
    }

    void start() {
        master.start();
        agent.start();
        REQUIRE(api.is_up(host, 20s));
    }

    std::string const host = "agent-host";
    std::string const http = local_port(), master_admin = local_port(), agent_admin = local_port();
    ZookeeperServer zookeeper;
    Rig rig;
    Daemon master, agent;
    Api api{rig, http};
    int probes = 0;

private:
    Words words(std::string const& role, std::string const& address,
                std::string const& admin) const {
        return {role, "--name", role + "-host", "--zk", zookeeper.address(), "--http", address,
                "--admin", admin, "--state-dir", rig.path(role),
                // An agent that was killed counts as up until its session ends.
                "--zk-session-timeout", "4000"};
    }
    Words agent_words(std::string const& docker) const {
        auto made = words("agent", local_port(), agent_admin);
        made.insert(made.end(), {"--docker", docker});
        return made;
    }
};

TEST_CASE("program: master and agent do the walk-through of the manual on a real ZooKeeper") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    CHECK(cluster.rig.eventually(
        5s, [&] { return cluster.api.call("GET", "/masters").body == R"(["master-host"])"; }));
    for (auto const& admin : {cluster.master_admin, cluster.agent_admin}) {
        CHECK(cluster.rig.call(admin, "GET", "/ping").body == "pong\n");
        CHECK(cluster.rig.call(admin, "GET", "/healthcheck").status == 200);
    }
    walk_through(cluster.rig, cluster.api, cluster.host, docker->image);
    CHECK(cluster.agent.stop(SIGTERM) == 0);
    CHECK(cluster.master.stop(SIGTERM) == 0);
}

TEST_CASE(
    "program: kill -9 of the agent leaves its containers alone, and the next agent has them") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    auto const sleeper =
        deploy_sleeper(cluster.rig, cluster.api, "survivor:1", cluster.host, docker->image);
    auto const first_start = cluster.api.agent_start(cluster.host);
    cluster.agent.stop(SIGKILL);
    CHECK(cluster.rig.container(sleeper.container.id) == sleeper.container);

    cluster.agent.start();
    REQUIRE(cluster.rig.eventually(
        30s, [&] { return cluster.rig.call(cluster.agent_admin, "GET", "/ping").status == 200; }));
    // The status below is that of the new agent, not what the killed one left behind.
    CHECK(cluster.rig.eventually(
        5s, [&] { return cluster.api.agent_start(cluster.host) != first_start; }));
    check_untouched(cluster.rig, cluster.api, sleeper);
    check_undeploys(cluster.rig, cluster.api, sleeper);
}

TEST_CASE("program: an agent that stays away is reported as down, its containers go on") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    auto const sleeper =
        deploy_sleeper(cluster.rig, cluster.api, "alone:1", cluster.host, docker->image);
    cluster.agent.stop(SIGKILL);
    CHECK(cluster.rig.eventually(20s, [&] {
        auto const host = cluster.api.call("GET", "/hosts/" + cluster.host + "/status").document;
        return at(host, {"status"}) == "DOWN";
    }));
    CHECK(cluster.rig.container(sleeper.container.id) == sleeper.container);
}

TEST_CASE(
    "program: kill -9 of the master leaves the containers alone, and the next one knows all") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    auto const sleeper =
        deploy_sleeper(cluster.rig, cluster.api, "survivor:1", cluster.host, docker->image);
    cluster.master.stop(SIGKILL);
    CHECK(cluster.rig.container(sleeper.container.id) == sleeper.container);
    cluster.master.start();
    check_untouched(cluster.rig, cluster.api, sleeper);
    check_undeploys(cluster.rig, cluster.api, sleeper);
}

TEST_CASE("program: kill -9 of ZooKeeper leaves the containers alone, and work goes on with it") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    auto const sleeper =
        deploy_sleeper(cluster.rig, cluster.api, "survivor:1", cluster.host, docker->image);
    cluster.zookeeper.kill();
    // Longer than the sessions live; what the master says meanwhile is what it last knew.
    CHECK(cluster.rig.eventually(20s, [&] { return cluster.master.says("not connected to"); }));
    CHECK(cluster.api.state(sleeper.job, cluster.host) == "RUNNING");
    CHECK(cluster.rig.container(sleeper.container.id) == sleeper.container);

    cluster.revive_zookeeper();
    check_untouched(cluster.rig, cluster.api, sleeper);
    auto const restarted = cluster.rig.now();
    std::string second;
    CHECK(cluster.rig.eventually(15s, [&] {
        second = cluster.api.create(fmt::format(
            R"({{"id":"second:1","image":"{}","command":["sleep","3600"]}})", docker->image));
        return !second.empty();
    }));
    INFO("writes took " << (cluster.rig.now() - restarted) / 1ms << " ms to come back");
    CHECK(cluster.api.deploy(second, cluster.host).status == 200);
    CHECK(cluster.api.is_running(second, cluster.host, 30s));
    check_undeploys(cluster.rig, cluster.api, sleeper);
}

TEST_CASE("program: a ZooKeeper restored from a backup, and an emptied one, stop no container") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.start();
    auto deploy = [&](std::string name) {
        return deploy_sleeper(cluster.rig, cluster.api, name, cluster.host, docker->image);
    };
    auto const kept = deploy("kept:1");
    cluster.zookeeper.kill();
    cluster.zookeeper.back_up();
    cluster.revive_zookeeper();
    auto const young = deploy("young:1");

    cluster.zookeeper.kill();
    cluster.zookeeper.restore();
    cluster.revive_zookeeper();
    CHECK(cluster.rig.eventually(
        30s, [&] { return cluster.agent.says("has lost 1 of this host's tasks"); }));
    check_untouched(cluster.rig, cluster.api, kept);
    CHECK(cluster.rig.container(young.container.id) == young.container);
    CHECK(cluster.api.call("GET", "/jobs/" + young.job).status == 404);
    // Deployed again it is the same container, and a task like any other.
    auto const again = deploy("young:1");
    CHECK(again.container == young.container);
    check_undeploys(cluster.rig, cluster.api, again);

    cluster.zookeeper.kill();
    cluster.zookeeper.wipe();
    cluster.revive_zookeeper();
    CHECK(cluster.rig.eventually(
        30s, [&] { return cluster.agent.count("has lost 1 of this host's tasks") == 2; }));
    REQUIRE(cluster.api.is_up(cluster.host, 30s));
    auto const found = deploy("kept:1");
    CHECK(found.container == kept.container);
    check_undeploys(cluster.rig, cluster.api, found);
}

TEST_CASE("program: without ZooKeeper at the start the daemons say so once, wait, and then work") {
    auto const docker = parts_of_a_cluster();
    if (!docker) return;
    Cluster cluster(*docker);
    cluster.zookeeper.kill();
    cluster.master.start();
    cluster.agent.start();
    auto const sentence =
        fmt::format("zookeeper: not connected to \"{}\", trying again and again: ",
                    cluster.zookeeper.address());
    CHECK(cluster.rig.eventually(
        20s, [&] { return cluster.master.says(sentence) && cluster.agent.says(sentence); }));
    // Nothing is there yet, which is not the same as nothing: reads are refused with the reason.
    auto const refused = cluster.api.call("GET", "/hosts/");
    INFO(refused.body);
    CHECK(refused.status == 500);
    CHECK(refused.body.find("has not read the state of the cluster from ZooKeeper yet") !=
          std::string::npos);
    CHECK(cluster.rig.call(cluster.agent_admin, "GET", "/healthcheck").status == 500);
    CHECK(!cluster.master.process().wait(0ms));
    CHECK(!cluster.agent.process().wait(0ms));

    cluster.zookeeper.start();
    REQUIRE(cluster.api.is_up(cluster.host, 20s));
    CHECK(cluster.master.count(sentence) == 1);
    CHECK(cluster.agent.count(sentence) == 1);
    auto const sleeper =
        deploy_sleeper(cluster.rig, cluster.api, "late:1", cluster.host, docker->image);
    check_undeploys(cluster.rig, cluster.api, sleeper);
}

} // namespace
} // namespace heliosd::test
