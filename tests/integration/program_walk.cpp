// SPDX-License-Identifier: Apache-2.0
#include "integration/program_walk.h"

#include "support/catch.h"
#include "support/servers.h"

#include <algorithm>
#include <regex>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heliosd::test {

using namespace std::chrono_literals;

namespace {

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

/// Rows as `helios` shows them: each cell as wide as the widest of its column, then four blanks.
std::string table(std::vector<Words> const& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (auto const& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (auto const& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += fmt::format("{:<{}}    ", row[i], widths[i]);
        text += '\n';
    }
    return text;
}

/// What `hosts` has to say of one idle host, with the time and what is the machine's own taken from
/// `said`.
std::string hosts_table(std::string const& host, std::string const& said) {
    std::regex const own(R"(    (Up [\w ]+?) +0 +0 +(\d+) +(\d+ \w+) +(\d+\.\d\d) +(\d+\.\d\d) +)"
                         R"((Linux \S+) +0\.9\.283 +(\S+ \(\d+\.\d+\)) )");
    std::smatch found;
    if (!std::regex_search(said, found, own)) return "a line of the form that is promised";
    return table({{"HOST", "STATUS", "DEPLOYED", "RUNNING", "CPUS", "MEM", "LOAD AVG", "MEM USAGE",
                   "OS", "HELIOS", "DOCKER", "LABELS"},
                  {host + ".", found[1], "0", "0", found[2], found[3], found[4], found[5], found[6],
                   "0.9.283", found[7], ""}});
}

std::string netcat_document(std::string const& image, std::uint16_t port) {
    return R"({"addCapabilities":[],"command":["sh","-c","echo hello | nc -l -p 8080"],)"
           R"("created":null,"creatingUser":null,"dropCapabilities":[],"env":{},"expires":null,)"
           R"("gracePeriod":null,"healthCheck":null,"hostname":null,"id":"netcat:v1","image":")" +
           image +
           R"(","labels":{},"metadata":{},"networkMode":null,"ports":{"nc":{"externalPort":)" +
           std::to_string(port) +
           R"(,"internalPort":8080,"ip":null,"protocol":"tcp"}},"ramdisks":{},"registration":{},)"
           R"("registrationDomain":"","resources":null,"rolloutOptions":null,"runtime":null,)"
           R"("secondsToWaitBeforeKill":null,"securityOpt":[],"token":"","volumes":{}})";
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
    // To the character, with what differs from run to run filled in (spec/cli.md §12).
    auto const says = [&](Words words) {
        auto const ended = api.helios(words);
        INFO(fmt::format("helios {}: {}", fmt::join(words, " "), ended.output));
        CHECK(ended.status == 0);
        return ended.output;
    };
    auto const created = says({"create", "-p", fmt::format("nc=8080:{}", port), "netcat:v1", image,
                               "--", "sh", "-c", "echo hello | nc -l -p 8080"});
    auto const job = last_line(created);
    rig.owns(job);
    auto const short_job = job.substr(0, std::string_view("netcat:v1:1234567").size());
    REQUIRE(job.size() == std::string_view("netcat:v1:").size() + 40);
    CHECK(created == "Creating job: " + netcat_document(image, port) + "\nDone.\n" + job + "\n");

    CHECK(says({"jobs"}) ==
          table({{"JOB ID", "NAME", "VERSION", "HOSTS", "COMMAND", "ENVIRONMENT"},
                 {short_job, "netcat", "v1", "0", R"(sh -c "echo hello | nc -l -p 8080")", ""}}));
    // Agents report about themselves and their machine in their first seconds.
    std::string hosts;
    rig.eventually(20s, [&] {
        hosts = says({"hosts"});
        return hosts == hosts_table(host, hosts);
    });
    CHECK(hosts == hosts_table(host, hosts));

    CHECK(says({"deploy", "netcat:v1", host}) ==
          fmt::format("Deploying Deployment{{jobId={}, goal=START, deployerUser='null', "
                      "deployerMaster='null', deploymentGroupName='null'}} on [{}]\n{}: done\n",
                      job, host, host));
    // Without an end of line of its own [quirk].
    std::string const warning = "WARNING: listing status of all hosts in the cluster is a slow "
                                "operation. Consider adding the --job and/or --host flag(s)!";
    auto const status = [&] {
        auto const id = at(api.status(job, host), {"containerId"}).substr(0, 7);
        Words const titles{"JOB ID", "HOST", "GOAL", "STATE", "CONTAINER ID", "PORTS"};
        auto const ports = fmt::format("nc=8080:{}", port);
        return warning + table({titles, {short_job, host + ".", "START", "RUNNING", id, ports}});
    };
    REQUIRE(api.is_running(job, host, 60s));
    auto const first = status();
    CHECK(says({"status"}) == first);

    // It answers once and ends; the agent starts it again.
    CHECK(rig.eventually(30s, [&] { return fetch(rig, port) == "hello\n"; }));
    CHECK(rig.eventually(60s, [&] {
        return at(api.status(job, host), {"state"}) == "RUNNING" && status() != first;
    }));
    CHECK(says({"status"}) == status());
    CHECK(rig.eventually(60s, [&] { return fetch(rig, port) == "hello\n"; }));

    CHECK(says({"undeploy", "-a", "--yes", "netcat:v1"}) ==
          fmt::format("Undeploying {} from [{}]\n{}: done\n", job, host, host));
    CHECK(says({"remove", "--yes", "netcat:v1"}) ==
          fmt::format("Removing job {}\n{}: done\n", job, job));
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
