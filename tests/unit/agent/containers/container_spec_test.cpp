// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/container_spec.h"

#include "support/catch.h"
#include "unit/agent/jobs.h"

namespace heliosd::agent {
namespace {

using test::job_named;
using test::port;

AgentIdentity some_agent() {
    return {.name = "host.example.com",
            .id = "ABC",
            .env = {{"POD", "p"}, {"BAR", "agent"}},
            .dns = {"10.0.0.1"},
            .binds = {"/etc/ssl:/etc/ssl:ro"},
            .extra_hosts = {"db:10.0.0.2"}};
}

TEST_CASE("agent: the name of a container") {
    auto job = job_named("web");
    job.id.version = "1.0 beta/é";
    CHECK(container_name("solo-host", job.id, 0x9e107d9d) ==
          "helios-solo-host-web_1_0_beta____0123456_9e107d9d");
    CHECK(container_name("a", job_named("x").id, 7) == "helios-a-x_1_0123456_7");
}

TEST_CASE("agent: the environment of a task is the agent's, its ports, the job's; later ones win") {
    auto job = job_named("web");
    job.env = {{"BAR", "job"}, {"HELIOS_PORT_x", "own"}};
    auto const env = task_env(some_agent(), job, {{"bar", 20001}, {"x", 20002}});
    CHECK(env == model::StringMap{{"POD", "p"},
                                  {"BAR", "job"},
                                  {"HELIOS_PORT_bar", "host.example.com:20001"},
                                  {"HELIOS_PORT_x", "own"}});
}

TEST_CASE("agent: the status shows host ports, and no address for dynamic ones") {
    auto job = job_named("web");
    job.ports = {{"a", port(80)}, {"b", port(81, 8081)}};
    job.ports["a"].ip = job.ports["b"].ip = "127.0.0.1";
    auto const shown = status_ports(job, {{"a", 20001}, {"b", 8081}});
    CHECK(shown.at("a").external_port == 20001);
    CHECK(!shown.at("a").ip);
    CHECK(shown.at("b") == job.ports.at("b"));
}

TEST_CASE("agent: a container is made from the job and what the agent adds") {
    auto job = job_named("web");
    job.hostname = "myhost";
    job.ports = {{"http", port(8080)}};
    job.ports["http"].ip = "127.0.0.1";
    job.volumes = {{"/scratch", ""}, {"/conf:ro", "/etc/conf"}};
    job.labels = {{"team", "x"}};
    job.resources = model::Resources{.memory = 10485760, .cpuset = "0-1"};
    job.add_capabilities = {"IPC_LOCK"};
    job.network_mode = "bridge";
    job.ramdisks = {{"/tmp", "rw,size=32m"}};
    auto const spec = container_spec(some_agent(), job, {{"http", 20123}}, "helios-x");
    CHECK(spec.name == "helios-x");
    CHECK(spec.image == "busybox:latest");
    CHECK(spec.command == job.command);
    CHECK(spec.hostname == "myhost");
    CHECK(spec.env.at("HELIOS_PORT_http") == "host.example.com:20123");
    REQUIRE(spec.ports.size() == 1);
    CHECK(spec.ports[0].port == 8080);
    CHECK(spec.ports[0].host_port == 20123);
    CHECK(spec.ports[0].host_ip == "127.0.0.1");
    CHECK(spec.volumes == std::vector<std::string>{"/scratch"});
    CHECK(spec.binds == std::vector<std::string>{"/etc/conf:/conf:ro", "/etc/ssl:/etc/ssl:ro"});
    CHECK(spec.labels == std::map<std::string, std::string>{{"team", "x"},
                                                            {"helios.agent.id", "ABC"},
                                                            {"helios.job.id", job.id.to_string()},
                                                            {"helios.ports", "http=20123"}});
    CHECK(spec.tmpfs.at("/tmp") == "rw,size=32m");
    CHECK(spec.dns == std::vector<std::string>{"10.0.0.1"});
    CHECK(spec.cap_add == std::vector<std::string>{"IPC_LOCK"});
    CHECK(spec.extra_hosts == std::vector<std::string>{"db:10.0.0.2"});
    CHECK(spec.network_mode == "bridge");
    CHECK(spec.memory == 10485760);
    CHECK(spec.cpuset == "0-1");
    CHECK(!spec.cpu_shares);
}

TEST_CASE("agent: ports come back from the labels of a container") {
    auto job = job_named("web");
    job.ports = {{"a", port(80)}, {"b", port(81, 8081)}, {"c=d", port(82)}};
    Ports const ports{{"a", 20001}, {"b", 8081}, {"c=d", 20002}};
    auto const labels = container_spec(some_agent(), job, ports, "n").labels;
    CHECK(ports_from_labels(job, labels) == ports);
    CHECK(!ports_from_labels(job, {}));
    CHECK(!ports_from_labels(job, {{"helios.ports", "a=20001"}}));
    CHECK(!ports_from_labels(job, {{"helios.ports", "a=x,c=d=2"}}));
    CHECK(ports_from_labels(job_named("plain"), {}) == Ports{});
}

} // namespace
} // namespace heliosd::agent
