// SPDX-License-Identifier: Apache-2.0
#include "docker/container_spec.h"

#include "support/catch.h"

namespace heliosd::docker {
namespace {

model::JobId const web_id{"web", "1.0", "4f7125b1c9e1f6e5d7a8b9c0d1e2f3a4b5c6d7e8"};

/// The job of the example in spec/agent.md §11.6.
model::Job example_job() {
    model::Job job;
    job.id = web_id;
    job.image = "reg.example.com/web:1.0";
    job.command = {"server", "cfg.yaml"};
    job.hostname = "myhost";
    job.env = {{"JVM_ARGS", "-Xmx1g"}};
    job.ports = {{"http", {.internal_port = 8080}}};
    job.volumes = {{"/scratch", ""}, {"/conf:ro", "/etc/conf"}};
    job.labels = {{"team", "x"}};
    job.add_capabilities = {"IPC_LOCK"};
    job.network_mode = "bridge";
    job.resources = model::Resources{10485760, 10485763, 512, "0-1"};
    job.ramdisks = {{"/tmp", "rw,size=32m"}};
    return job;
}

AgentWide const plain_agent{.agent_name = "agent1.example.com", .agent_id = "solo-host"};

json::Value request_for(model::Job const& job, PortAllocation const& ports,
                        AgentWide const& agent = plain_agent) {
    return create_request(container_spec(job, ports, agent, "helios-x"));
}

/// The value at `a.b.c` of the request as text; `-` when there is none.
std::string at(json::Value const& request, std::initializer_list<std::string_view> path) {
    auto const* value = &request;
    for (auto const name : path) {
        value = value->find(name);
        if (!value) return "-";
    }
    return json::write(*value);
}

TEST_CASE("container spec: the example of the specification") {
    auto const expected = json::parse(R"({
      "Image": "reg.example.com/web:1.0", "Cmd": ["server", "cfg.yaml"], "Hostname": "myhost",
      "Env": ["HELIOS_PORT_http=agent1.example.com:20123", "JVM_ARGS=-Xmx1g"],
      "ExposedPorts": {"8080/tcp": {}}, "Volumes": {"/scratch": {}},
      "Labels": {"helios.agent.id": "solo-host", "team": "x",
        "helios.job.id": "web:1.0:4f7125b1c9e1f6e5d7a8b9c0d1e2f3a4b5c6d7e8"},
      "HostConfig": {
        "Binds": ["/etc/conf:/conf:ro"],
        "PortBindings": {"8080/tcp": [{"HostPort": "20123"}]},
        "Dns": [], "CapAdd": ["IPC_LOCK"], "CapDrop": [], "SecurityOpt": [],
        "NetworkMode": "bridge", "Memory": 10485760, "MemorySwap": 10485763,
        "CpuShares": 512, "CpusetCpus": "0-1", "Tmpfs": {"/tmp": "rw,size=32m"}
      }
    })");
    REQUIRE(expected);
    auto const request = request_for(example_job(), {{"http", 20123}});
    CHECK(json::write(json::sorted(request)) == json::write(json::sorted(*expected)));
}

TEST_CASE("container spec: a bare job sends empty lists and leaves out what it does not say") {
    model::Job job;
    job.id = web_id;
    job.image = "busybox";
    auto const request = request_for(job, {}, {.agent_name = "h", .agent_id = "a"});
    auto const host = at(request, {"HostConfig"});
    CHECK(host == R"({"Binds":[],"PortBindings":{},"Dns":[],"CapAdd":[],"CapDrop":[],)"
                  R"("SecurityOpt":[]})");
    CHECK(at(request, {"Cmd"}) == "[]");
    CHECK(at(request, {"Env"}) == "[]");
    CHECK(at(request, {"ExposedPorts"}) == "{}");
    CHECK(at(request, {"Volumes"}) == "{}");
    CHECK(at(request, {"Hostname"}) == "-");
}

TEST_CASE("container spec: two port names of one container port are both published") {
    auto job = example_job();
    job.ports = {{"http", {.ip = "127.0.0.1", .internal_port = 8080}},
                 {"http-too", {.internal_port = 8080, .external_port = 9090}},
                 {"udp", {.internal_port = 8080, .protocol = "udp"}}};
    auto const request = request_for(job, {{"http", 20001}, {"http-too", 9090}, {"udp", 20002}});
    CHECK(at(request, {"ExposedPorts"}) == R"({"8080/tcp":{},"8080/udp":{}})");
    CHECK(at(request, {"HostConfig", "PortBindings", "8080/tcp"}) ==
          R"([{"HostIp":"127.0.0.1","HostPort":"20001"},{"HostPort":"9090"}])");
    CHECK(at(request, {"HostConfig", "PortBindings", "8080/udp"}) == R"([{"HostPort":"20002"}])");
}

TEST_CASE("container spec: variables of agent, ports and job, the later win") {
    auto job = example_job();
    job.env = {{"B", "job"}, {"HELIOS_PORT_http", "mine"}};
    AgentWide agent = plain_agent;
    agent.env = {{"A", "agent"}, {"B", "agent"}, {"HELIOS_PORT_admin", "agent"}};
    auto const env = container_env(job, {{"http", 1}, {"admin", 20002}}, agent);
    CHECK(env ==
          std::map<std::string, std::string>{{"A", "agent"},
                                             {"B", "job"},
                                             {"HELIOS_PORT_admin", "agent1.example.com:20002"},
                                             {"HELIOS_PORT_http", "mine"}});
}

TEST_CASE("container spec: what the operator gave the agent joins what the job says") {
    auto agent = plain_agent;
    agent.binds = {"/logs:/logs", "/ro:/ro:ro"};
    agent.dns = {"10.0.0.1"};
    agent.extra_hosts = {"db:10.0.0.2"};
    auto job = example_job();
    job.runtime = "nvidia";
    job.labels = {{"helios.agent.id", "somebody else"}};
    auto const request = request_for(job, {{"http", 1}}, agent);
    CHECK(at(request, {"HostConfig", "Binds"}) ==
          R"(["/etc/conf:/conf:ro","/logs:/logs","/ro:/ro:ro"])");
    CHECK(at(request, {"HostConfig", "Dns"}) == R"(["10.0.0.1"])");
    CHECK(at(request, {"HostConfig", "ExtraHosts"}) == R"(["db:10.0.0.2"])");
    CHECK(at(request, {"HostConfig", "Runtime"}) == R"("nvidia")");
    CHECK(at(request, {"Labels", "helios.agent.id"}) == R"("solo-host")");
}

TEST_CASE("container spec: names of containers") {
    CHECK(container_name("solo-host", web_id, 0x9e107d9d).value() ==
          "helios-solo-host-web_1_0_4f7125b_9e107d9d");
    // No padding; what Docker would refuse in the job's name becomes a line.
    model::JobId const odd{"a.b-c", "v:1", "0123456789"};
    CHECK(container_name("h", odd, 0xab).value() == "helios-h-a_b-c_v_1_0123456_ab");
    auto const bad = container_name("my host", web_id, 1);
    REQUIRE(!bad);
    CHECK(bad.error().code == Errc::invalid);
    CHECK(bad.error().message.find("agent id \"my host\"") == 0);
}

} // namespace
} // namespace heliosd::docker
