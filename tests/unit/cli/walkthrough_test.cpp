// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "layout/paths.h"
#include "net/http/in_process.h"
#include "support/catch.h"
#include "support/master_cluster.h"
#include "unit/cli/fake_master.h"
#include "unit/net/http/http_support.h"

#include <sstream>

// The command line against the real master, and over real sockets.
using namespace heliosd;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

struct Said {
    int code = 0;
    std::string out, err;
};

/// One run of the program.
struct Shell {
    net::HttpClient& http;
    Clock& clock;
    Environment environment;
    SeededRng rng{1};
    MemoryFiles files;

    Async<Said> helios(std::vector<std::string> words) {
        std::istringstream in;
        std::ostringstream out, err;
        cli::Services services{.in = in,
                               .out = out,
                               .err = err,
                               .http = http,
                               .clock = clock,
                               .rng = rng,
                               .files = files};
        cli::Process process{.environment = environment, .uid = 1000};
        auto const code = co_await cli::run(std::move(words), std::move(process), services);
        co_return Said{.code = code, .out = out.str(), .err = err.str()};
    }
};

/// What the agent of node1 would report of a job.
std::string running(std::string const& id) {
    model::TaskStatus status{.job = {.id = model::JobId::parse(id).value(), .image = "busybox"}};
    status.goal = model::Goal::start;
    status.state = model::TaskState::running;
    status.container_id = "60671498ae98d7b1";
    status.ports["nc"] = {.internal_port = 8080, .external_port = 8080};
    return json::write(model::to_json(status, model::Mode::common));
}

Async<void> walk_through(test::MasterCluster& cluster, Shell& shell) {
    co_await cluster.add_host("node1");
    auto const created =
        co_await shell.helios({"create", "-q", "-p", "nc=8080:8080", "netcat:v1", "busybox", "--",
                               "sh", "-c", "echo hello | nc -l -p 8080"});
    CHECK(created.err.empty());
    REQUIRE(created.code == 0);
    auto const id = created.out.substr(0, created.out.size() - 1);
    CHECK_THAT(id, StartsWith("netcat:v1:"));
    auto const short_id = id.substr(0, id.size() - 33);

    auto const jobs = co_await shell.helios({"jobs"});
    CHECK_THAT(jobs.out, EndsWith("\n" + short_id +
                                  "    netcat    v1         0        sh -c \"echo hello | nc -l -p "
                                  "8080\"                   \n"));
    auto const hosts = co_await shell.helios({"hosts"});
    CHECK_THAT(hosts.out, Contains("\nnode1.    Up        0           0"));
    auto const deployed = co_await shell.helios({"deploy", "netcat:v1", "node1"});
    CHECK_THAT(deployed.out, EndsWith(" on [node1]\nnode1: done\n"));
    auto const again = co_await shell.helios({"deploy", "netcat:v1", "node1"});
    CHECK(again.code == 1);
    CHECK_THAT(again.out,
               EndsWith("node1: failed: JobDeployResponse{status=JOB_ALREADY_DEPLOYED, job=" + id +
                        ", host='node1'}\n"));

    co_await cluster.put(layout::status_job("node1", id), running(id));
    co_await cluster.settle();
    auto const status = co_await shell.helios({"status", "-j", "netcat"});
    CHECK_THAT(status.out, EndsWith("\n" + short_id +
                                    "    node1.    START    RUNNING    6067149         "
                                    "nc=8080:8080    \n"));
    auto const in_use = co_await shell.helios({"remove", "--yes", "netcat:v1"});
    CHECK_THAT(in_use.out, EndsWith(": failed: JobDeleteResponse{status=STILL_IN_USE}\n"));
    auto const stopped = co_await shell.helios({"stop", "netcat:v1", "node1"});
    CHECK_THAT(stopped.out, EndsWith("\nnode1: done\n"));

    auto const undeployed = co_await shell.helios({"undeploy", "-a", "--yes", "netcat:v1"});
    CHECK(undeployed.out == "Undeploying " + id + " from [node1]\nnode1: done\n");
    auto const removed = co_await shell.helios({"remove", "--yes", "netcat:v1"});
    CHECK(removed.out == "Removing job " + id + "\n" + id + ": done\n");
    auto const none = co_await shell.helios({"inspect", "netcat"});
    CHECK(none.out == "Unknown job: netcat\n");
    auto const masters = co_await shell.helios({"masters", "--json"});
    CHECK(masters.out == "[ \"master-1.\" ]\n");
    auto const version = co_await shell.helios({"version"});
    CHECK(version.out == "Client Version: 0.9.283\nMaster Version: 0.9.283\n");
}

Async<bool> over_sockets(Shell& shell) {
    auto const jobs = co_await shell.helios({"jobs", "-q", "cron"});
    CHECK(jobs.out == "cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115\n");
    CHECK(jobs.err.empty());
    auto const deployed = co_await shell.helios({"deploy", "--json", "cron", "node1"});
    CHECK(deployed.out == R"({"host":"node1.lon.example.net","job":)"
                          R"("cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115","status":"OK"})");
    co_return true;
}

} // namespace

TEST_CASE("cli: the walk-through of the book works against a real master") {
    test::MasterCluster cluster;
    net::InProcessHttp http(cluster.world.clock);
    http.serve({.host = "m", .port = 5801}, [&](net::Request request, net::Context context) {
        return cluster.first().api.handle(std::move(request), std::move(context));
    });
    Shell shell{http, cluster.world.clock, {{"HELIOS_MASTER", "http://m:5801"}}};
    cluster.run(walk_through(cluster, shell));
}

TEST_CASE("cli: a command works over real sockets") {
    auto master = test::FakeMaster::sample(WallTime{});
    net::test::Pair pair(master.handler());
    Shell shell{pair.client,
                pair.world.clock,
                {{"HELIOS_MASTER", "127.0.0.1:" + std::to_string(pair.endpoint.port)}}};
    CHECK(pair.run(over_sockets(shell)));
}
