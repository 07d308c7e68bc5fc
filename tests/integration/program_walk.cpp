// SPDX-License-Identifier: Apache-2.0
#include "integration/program_walk.h"

#include "support/catch.h"
#include "support/servers.h"

#include <fmt/format.h>

namespace heliosd::test {

using namespace std::chrono_literals;

namespace {

bool has(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

/// What `curl` gets; the netcat of the manual speaks no HTTP of its own.
std::string fetch(Rig& rig, std::uint16_t port) {
    return run_command({"curl", "-s", "--http0.9", "--max-time", "2",
                        fmt::format("http://127.0.0.1:{}/", port)},
                       rig.environment())
        .output;
}

} // namespace

std::optional<RealDocker> docker_of_this_run() {
    auto const docker = real_docker();
    if (!docker) return std::nullopt;
    auto const image = real_image();
    if (!image) return std::nullopt;
    return RealDocker{*docker, *image};
}

void walk_through(Rig& rig, Api& api, std::string const& host, std::string const& image) {
    auto const port = free_port();
    auto const created = api.helios({"create", "-p", fmt::format("nc=8080:{}", port), "netcat:v1",
                                     image, "--", "sh", "-c", "echo hello | nc -l -p 8080"});
    INFO(created.output);
    REQUIRE(created.status == 0);
    auto const job = last_line(created.output);
    rig.owns(job);
    CHECK(job.starts_with("netcat:v1:"));

    auto const jobs = api.helios({"jobs"});
    CHECK(jobs.status == 0);
    CHECK(has(jobs.output, "netcat:v1"));
    auto const hosts = api.helios({"hosts"});
    CHECK(hosts.status == 0);
    CHECK(has(hosts.output, host));

    auto const deployed = api.helios({"deploy", "netcat:v1", host});
    INFO(deployed.output);
    REQUIRE(deployed.status == 0);
    CHECK(has(deployed.output, host + ": done"));
    REQUIRE(api.is_running(job, host, 60s));
    auto const status = api.helios({"status"});
    CHECK(status.status == 0);
    CHECK(has(status.output, "RUNNING"));

    // It answers once and ends; the agent starts it again.
    CHECK(rig.eventually(30s, [&] { return has(fetch(rig, port), "hello"); }));
    CHECK(rig.eventually(60s, [&] { return has(fetch(rig, port), "hello"); }));

    auto const undeployed = api.helios({"undeploy", "-a", "--yes", "netcat:v1"});
    CHECK(undeployed.status == 0);
    auto const removed = api.helios({"remove", "--yes", "netcat:v1"});
    CHECK(removed.status == 0);
    CHECK(rig.eventually(60s, [&] { return !rig.runs(job); }));
    CHECK(api.call("GET", "/jobs/" + job).status == 404);
    CHECK(api.helios({"deploy", "netcat:v1", host}).status == 1);
}

Deployed deploy_sleeper(Rig& rig, Api& api, std::string name, std::string const& host,
                        std::string const& image) {
    json::Object const job{{"id", name},
                           {"image", image},
                           {"command", json::Array{"sleep", "3600"}},
                           {"secondsToWaitBeforeKill", 0}};
    Deployed deployed{.job = api.create(json::write(job)), .host = host};
    REQUIRE(!deployed.job.empty());
    auto const answer = api.deploy(deployed.job, host);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    REQUIRE(api.is_running(deployed.job, host, 60s));
    deployed.container = rig.container(at(api.status(deployed.job, host), {"containerId"}));
    REQUIRE(deployed.container.running);
    return deployed;
}

void check_untouched(Rig& rig, Api& api, Deployed const& deployed) {
    REQUIRE(api.answers(30s));
    auto const start = rig.now();
    bool const right = rig.eventually(5s, [&] {
        auto const host = api.call("GET", "/hosts/" + deployed.host + "/status").document;
        auto const status = api.status(deployed.job, deployed.host);
        return at(host, {"status"}) == "UP" && at(status, {"state"}) == "RUNNING" &&
               at(status, {"containerId"}) == deployed.container.id;
    });
    INFO("it took " << (rig.now() - start) / 1ms
                    << " ms: " << json::write(api.status(deployed.job, deployed.host)));
    CHECK(right);
    auto const container = rig.container(deployed.container.id);
    CHECK(container.running);
    CHECK(container.started_at == deployed.container.started_at);
    CHECK(rig.containers_of(deployed.job) == Words{deployed.container.id});
}

void check_undeploys(Rig& rig, Api& api, Deployed const& deployed) {
    auto const path = "/hosts/" + deployed.host + "/jobs/" + deployed.job;
    CHECK(api.call("DELETE", path).status == 200);
    CHECK(rig.eventually(30s, [&] { return !rig.runs(deployed.job); }));
    CHECK(rig.eventually(5s,
                         [&] { return api.status(deployed.job, deployed.host) == json::Value(); }));
    CHECK(api.call("DELETE", "/jobs/" + deployed.job).status == 200);
}

} // namespace heliosd::test
