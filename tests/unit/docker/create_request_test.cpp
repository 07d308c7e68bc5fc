// SPDX-License-Identifier: Apache-2.0
#include "docker/create_request.h"

#include "support/catch.h"

namespace heliosd::docker {
namespace {

/// The container of the example in spec/agent.md §11.6.
ContainerSpec example() {
    ContainerSpec spec{.name = "helios-solo-host-web_1_0_4f7125b_9e107d9d",
                       .image = "reg.example.com/web:1.0"};
    spec.command = {"server", "cfg.yaml"};
    spec.hostname = "myhost";
    spec.env = {{"JVM_ARGS", "-Xmx1g"}, {"HELIOS_PORT_http", "agent1.example.com:20123"}};
    spec.ports = {{.port = 8080, .host_port = 20123}};
    spec.binds = {"/etc/conf:/conf:ro"};
    spec.volumes = {"/scratch"};
    spec.labels = {{"team", "x"}};
    spec.tmpfs = {{"/tmp", "rw,size=32m"}};
    spec.cap_add = {"IPC_LOCK"};
    spec.network_mode = "bridge";
    spec.memory = 10485760;
    spec.memory_swap = 10485763;
    spec.cpu_shares = 512;
    spec.cpuset = "0-1";
    return spec;
}

/// The value at `a.b.c` of the request as text; `-` when there is none.
std::string at(ContainerSpec const& spec, std::initializer_list<std::string_view> path) {
    auto const request = create_request(spec);
    auto const* value = &request;
    for (auto const name : path) {
        value = value->find(name);
        if (!value) return "-";
    }
    return json::write(*value);
}

TEST_CASE("create request: the example of the specification") {
    auto const expected = json::parse(R"({
      "Image": "reg.example.com/web:1.0", "Cmd": ["server", "cfg.yaml"], "Hostname": "myhost",
      "Env": ["HELIOS_PORT_http=agent1.example.com:20123", "JVM_ARGS=-Xmx1g"],
      "ExposedPorts": {"8080/tcp": {}}, "Volumes": {"/scratch": {}}, "Labels": {"team": "x"},
      "HostConfig": {
        "Binds": ["/etc/conf:/conf:ro"],
        "PortBindings": {"8080/tcp": [{"HostPort": "20123"}]},
        "Dns": [], "CapAdd": ["IPC_LOCK"], "CapDrop": [], "SecurityOpt": [],
        "NetworkMode": "bridge", "Memory": 10485760, "MemorySwap": 10485763,
        "CpuShares": 512, "CpusetCpus": "0-1", "Tmpfs": {"/tmp": "rw,size=32m"}
      }
    })");
    REQUIRE(expected);
    CHECK(json::write(json::sorted(create_request(example()))) ==
          json::write(json::sorted(*expected)));
}

TEST_CASE("create request: empty lists are sent, what is not said is left out") {
    ContainerSpec const bare{.name = "helios-x", .image = "busybox"};
    CHECK(json::write(create_request(bare)) ==
          R"({"Image":"busybox","Cmd":[],"Env":[],"ExposedPorts":{},"Volumes":{},"Labels":{},)"
          R"("HostConfig":{"Binds":[],"PortBindings":{},"Dns":[],"CapAdd":[],"CapDrop":[],)"
          R"("SecurityOpt":[]}})");
}

TEST_CASE("create request: two bindings of one container port are both published") {
    auto spec = example();
    spec.ports = {{.port = 8080, .host_ip = "127.0.0.1", .host_port = 20001},
                  {.port = 8080, .host_port = 9090},
                  {.port = 8080, .protocol = "udp", .host_port = 20002}};
    CHECK(at(spec, {"ExposedPorts"}) == R"({"8080/tcp":{},"8080/udp":{}})");
    CHECK(at(spec, {"HostConfig", "PortBindings"}) ==
          R"({"8080/tcp":[{"HostIp":"127.0.0.1","HostPort":"20001"},{"HostPort":"9090"}],)"
          R"("8080/udp":[{"HostPort":"20002"}]})");
    // Without a host port there is nothing to publish; Docker would choose one of its own.
    spec.ports = {{.port = 8080}};
    CHECK(at(spec, {"ExposedPorts"}) == R"({"8080/tcp":{}})");
    CHECK(at(spec, {"HostConfig", "PortBindings"}) == "{}");
}

TEST_CASE("create request: what the operator may add") {
    auto spec = example();
    spec.dns = {"10.0.0.1"};
    spec.extra_hosts = {"db:10.0.0.2"};
    spec.runtime = "nvidia";
    spec.security_opt = {"label:disable"};
    spec.cap_drop = {"ALL"};
    CHECK(at(spec, {"HostConfig", "Dns"}) == R"(["10.0.0.1"])");
    CHECK(at(spec, {"HostConfig", "ExtraHosts"}) == R"(["db:10.0.0.2"])");
    CHECK(at(spec, {"HostConfig", "Runtime"}) == R"("nvidia")");
    CHECK(at(spec, {"HostConfig", "SecurityOpt"}) == R"(["label:disable"])");
    CHECK(at(spec, {"HostConfig", "CapDrop"}) == R"(["ALL"])");
}

} // namespace
} // namespace heliosd::docker
