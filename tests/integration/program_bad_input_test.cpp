// SPDX-License-Identifier: Apache-2.0
// What is wrong is refused by a sentence that names the thing and the fix, and leaves no trace.
#include "integration/program_walk.h"
#include "support/catch.h"
#include "support/servers.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace heliosd::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

bool has(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// A solo on a Docker socket that may not be there.
struct Solo {
    explicit Solo(std::string const& docker = "")
        : rig(docker), daemon(rig, "solo", words("state", address)) {
        if (!docker.empty()) docker_appears(docker);
        daemon.start();
        REQUIRE(api.is_up(host, 20s));
    }

    Words words(std::string const& directory, std::string const& http) const {
        return {"solo",
                "--name",
                host,
                "--http",
                http,
                "--docker",
                "unix://" + rig.path("docker.sock"),
                "--state-dir",
                rig.path(directory)};
    }
    void docker_appears(std::string const& endpoint) const {
        fs::create_symlink(endpoint.substr(std::string_view("unix://").size()),
                           rig.path("docker.sock"));
    }

    std::string const host = "solo-host";
    std::string const address = fmt::format("127.0.0.1:{}", free_port());
    Rig rig;
    Daemon daemon;
    Api api{rig, address};
};

constexpr auto zeros = "0000000000000000000000000000000000000000";

TEST_CASE("program: a job that cannot be read or breaks a rule is refused and leaves nothing") {
    Solo solo;
    struct Row {
        std::string body;
        int status;
        std::string says;
    };
    for (auto const& row : {
             Row{R"({"id":)", 400, R"({"message":"line 1, column 7: incomplete JSON)"},
             Row{R"({"id":"a:1","image":"x",})", 400, R"({"message":"line 1, column 25:)"},
             Row{"", 422, R"({"errors":[]})"},
             Row{"[]", 400, R"({"message":"a job is an object, not a list"})"},
             Row{R"({"image":"x"})", 400, "Job id was not specified."},
             Row{R"({"id":"a:1","image":"x","ports":[]})", 400,
                 R"({"message":"ports: expected an object, got a list"})"},
             Row{R"({"id":"a:1","image":["x"]})", 400, R"({"message":"image: expected )"},
             Row{R"({"id":"a:1","image":"x","command":"sleep 1"})", 400,
                 R"({"message":"command: expected )"},
             Row{R"({"id":"a:1","image":"x","expires":"soon"})", 400, R"({"message":"expires: )"},
             Row{R"({"id":"a:1","image":"x","ports":{"h":{"internalPort":99999}}})", 400,
                 "Invalid internal port: 99999"},
             Row{fmt::format(R"({{"id":"a:1:{}","image":"x"}})", zeros), 400,
                 fmt::format("Id hash mismatch: {} != ", zeros)},
             Row{R"({"id":"a b:1","image":"x"})", 400,
                 "Job name may only contain [0-9a-zA-Z-_.] in job name [a b]."},
             Row{R"({"id":"a/b:1","image":"x"})", 400,
                 "Job name may only contain [0-9a-zA-Z-_.] in job name [a/b]."},
             Row{R"({"id":"a:1/2","image":"x"})", 400, "in job version [1/2]."},
             Row{R"({"id":"a:1","image":"UPPER/x"})", 400, "Invalid image name (UPPER/x)"},
             Row{R"({"id":"a:1","image":""})", 400, "image"},
         }) {
        auto const answer = solo.api.call("POST", "/jobs", row.body);
        CAPTURE(row.body, row.says, answer.body);
        CHECK(answer.status == row.status);
        CHECK(has(answer.body, row.says));
    }
    CHECK(solo.api.call("GET", "/jobs").body == "{}");
}

TEST_CASE("program: a member of a job that nobody knows is ignored, as old clients expect") {
    Solo solo;
    auto const with = solo.api.create(R"({"id":"a:1","image":"x","future":{"x":1}})");
    REQUIRE(!with.empty());
    CHECK(!has(solo.api.call("GET", "/jobs/" + with).body, "future"));
    auto const again = solo.api.call("POST", "/jobs", R"({"id":"a:1","image":"x"})");
    CHECK(again.status == 400);
    CHECK(at(again.document, {"status"}) == "JOB_ALREADY_EXISTS");
    CHECK(at(again.document, {"id"}) == with);
}

TEST_CASE("program: unknown hosts and jobs, and a port taken twice, are named in the answer") {
    Solo solo;
    auto const job = [&](std::string const& id) {
        return solo.api.create(fmt::format(
            R"({{"id":"{}","image":"x","ports":{{"h":{{"internalPort":80,"externalPort":81}}}}}})",
            id));
    };
    auto const one = job("one:1"), two = job("two:1");
    auto const unknown = fmt::format("nobody:1:{}", zeros);
    struct Row {
        std::string method, target, body;
        int status;
        std::string outcome;
    };
    auto const body = [](std::string const& id) {
        return fmt::format(R"({{"goal":"START","jobId":"{}"}})", id);
    };
    auto const at_host = [&](std::string const& id) {
        return fmt::format("/hosts/{}/jobs/{}", solo.host, id);
    };
    for (auto const& row : {
             Row{"PUT", "/hosts/nowhere/jobs/" + one, body(one), 400, "HOST_NOT_FOUND"},
             Row{"PUT", at_host(unknown), body(unknown), 400, "JOB_NOT_FOUND"},
             Row{"PUT", at_host(one), body(two), 400, "ID_MISMATCH"},
             Row{"PUT", at_host(one), body(one), 200, "OK"},
             Row{"PUT", at_host(one), body(one), 400, "JOB_ALREADY_DEPLOYED"},
             Row{"PUT", at_host(two), body(two), 400, "PORT_CONFLICT"},
             Row{"PATCH", at_host(two), body(two), 404, "JOB_NOT_DEPLOYED"},
             Row{"DELETE", at_host(two), "", 404, "JOB_NOT_FOUND"},
             Row{"DELETE", "/hosts/nowhere/jobs/" + one, "", 404, "HOST_NOT_FOUND"},
             Row{"DELETE", "/jobs/" + unknown, "", 404, "JOB_NOT_FOUND"},
             Row{"DELETE", "/jobs/" + one, "", 400, "STILL_IN_USE"},
         }) {
        auto const answer = solo.api.call(row.method, row.target, row.body);
        CAPTURE(row.method, row.target, answer.body);
        CHECK(answer.status == row.status);
        CHECK(at(answer.document, {"status"}) == row.outcome);
    }
    auto const wrong = solo.api.call("PUT", at_host(two), R"({"goal":"FLY","jobId":"x"})");
    CHECK(wrong.status == 400);
    CHECK(has(wrong.body, "goal"));
    for (auto const& path : {"/jobs/" + unknown, std::string("/hosts/nowhere/status")})
        CHECK(solo.api.call("GET", path).status == 404);
    auto const host = solo.api.call("GET", "/hosts/" + solo.host + "/status").document;
    REQUIRE(host.find("jobs"));
    CHECK(host.find("jobs")->find(one));
    CHECK(!host.find("jobs")->find(two));
}

TEST_CASE("program: helios exits with 1 and one sentence when something is wrong") {
    Solo solo;
    REQUIRE(solo.api.helios({"create", "a:1", "busybox"}).status == 0);
    struct Row {
        Words words;
        std::string says;
    };
    for (auto const& row : {
             Row{{"create", "a:1", "busybox"}, "status=JOB_ALREADY_EXISTS"},
             Row{{"create", "a b:1", "busybox"}, "in job name [a b]."},
             Row{{"create", "web", "busybox"}, "Job version was not specified in job id"},
             Row{{"create", "a:2", "busybox", "-p", "http=notaport"},
                 "Bad port mapping: http=notaport"},
             Row{{"create", "a:2", "busybox", "--nope"}, "unrecognized arguments: '--nope'"},
             Row{{"create", "a:2", "-f", solo.rig.path("missing")}, "Cannot read file "},
             Row{{"deploy", "a:1", "nowhere"}, "nowhere: failed: "},
             Row{{"deploy", "b:1", solo.host}, "Unknown job: b:1"},
             Row{{"undeploy", "--yes", "a:1", solo.host}, "status=JOB_NOT_FOUND"},
             Row{{"remove", "--yes", "b:1"}, "Unknown job: b:1"},
             Row{{"frobnicate"}, "frobnicate"},
         }) {
        auto const ended = solo.api.helios(row.words);
        CAPTURE(row.words, ended.output);
        CHECK(ended.status == 1);
        CHECK(has(ended.output, row.says));
    }
    auto const jobs = solo.api.call("GET", "/jobs").document;
    REQUIRE(jobs.if_object());
    CHECK(jobs.if_object()->size() == 1);
}

TEST_CASE("program: while Docker is down a job waits with the reason, then runs without help") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Solo solo;
    Rig cleaner(docker->endpoint);
    auto const job = solo.api.create(fmt::format(
        R"({{"id":"patient:1","image":"{}","command":["sleep","3600"]}})", docker->image));
    REQUIRE(!job.empty());
    cleaner.owns(job);
    CHECK(solo.api.deploy(job, solo.host).status == 200);
    CHECK(solo.rig.eventually(10s, [&] { return solo.daemon.says("docker does not answer"); }));
    CHECK(solo.daemon.says("unix://" + solo.rig.path("docker.sock")));
    CHECK(solo.api.state(job, solo.host) != "RUNNING");
    CHECK(solo.api.call("GET", "/hosts/" + solo.host + "/status").status == 200);

    solo.docker_appears(docker->endpoint);
    CHECK(solo.api.is_running(job, solo.host, 60s));
    CHECK(solo.daemon.count("docker does not answer") == 1);
}

TEST_CASE("program: an image that does not exist is FAILED, IMAGE_MISSING, in Docker's own words") {
    auto const docker = docker_of_this_run();
    auto const registry = real_registry();
    if (!docker || !registry) return;
    Solo solo(docker->endpoint);
    auto const job =
        solo.api.create(fmt::format(R"({{"id":"missing:1","image":"{}/nothing:v1"}})", *registry));
    CHECK(solo.api.deploy(job, solo.host).status == 200);
    CHECK(solo.rig.eventually(20s, [&] { return solo.api.state(job, solo.host) == "FAILED"; }));
    auto const status = solo.api.status(job, solo.host);
    CHECK(at(status, {"throttled"}) == "IMAGE_MISSING");
    auto const error = at(status, {"containerError"});
    INFO(error);
    CHECK(has(error, *registry + "/nothing:v1 not found"));
    CHECK(at(status, {"containerId"}).empty());
}

TEST_CASE("program: a state directory that cannot be made is named, and nothing starts") {
    Rig rig;
    std::ofstream(rig.path("file")) << "x";
    for (auto const* role : {"solo", "master", "agent"}) {
        auto const ended = rig.run({role, "--state-dir", rig.path("file/state"), "--http",
                                    fmt::format("127.0.0.1:{}", free_port())});
        CAPTURE(role, ended.output);
        CHECK(ended.status == 1);
        CHECK(has(ended.output, fmt::format("--state-dir: cannot make the directory {}: Not a "
                                            "directory: give a directory that this user may "
                                            "write\n",
                                            rig.path("file/state"))));
        CHECK(std::ranges::count(ended.output, '\n') == 1);
    }
}

TEST_CASE("program: a state directory that cannot be written is named, and nothing starts") {
    Rig rig;
    // In which not even root may make a file.
    auto const directory = "/sys";
    for (auto const* role : {"solo", "agent"}) {
        auto const ended = rig.run(
            {role, "--state-dir", directory, "--http", fmt::format("127.0.0.1:{}", free_port())});
        CAPTURE(role, ended.output);
        CHECK(ended.status == 1);
        CHECK(has(ended.output, "--state-dir: cannot lock /sys/"));
        CHECK(has(ended.output, ": give a directory that this user may write\n"));
        CHECK(std::ranges::count(ended.output, '\n') == 1);
    }
}

TEST_CASE("program: a second solo on the same directory is refused, the first goes on") {
    Solo solo;
    auto const second = solo.rig.run(solo.words("state", fmt::format("127.0.0.1:{}", free_port())));
    CHECK(second.status == 1);
    CHECK(second.output == fmt::format("heliosd solo: --state-dir: another heliosd solo runs on "
                                       "{}: stop it, or choose another directory\n",
                                       solo.rig.path("state")));
    CHECK(!solo.api.create(R"({"id":"a:1","image":"x"})").empty());
}

TEST_CASE("program: a port in use is named by its option, and the same directory serves later") {
    Solo solo;
    auto const taken = solo.address;
    auto const second = solo.rig.run(solo.words("other", taken));
    CAPTURE(second.output);
    CHECK(second.status == 1);
    CHECK(second.output == fmt::format("heliosd solo: --http: cannot listen on http://{}: address "
                                       "already in use: stop what listens there, or choose another "
                                       "address\n",
                                       taken));
    auto const free = fmt::format("127.0.0.1:{}", free_port());
    for (auto const* role : {"master", "agent"}) {
        for (auto const* option : {"--http", "--admin"}) {
            auto const other = std::string(option) == "--http" ? "--admin" : "--http";
            auto const ended = solo.rig.run({role, option, taken, other, free, "--state-dir",
                                             solo.rig.path(role), "--zk", "127.0.0.1:1"});
            CAPTURE(role, option, ended.output);
            CHECK(ended.status == 1);
            CHECK(has(ended.output, fmt::format("helios-{}: {}: cannot listen on http://{}: "
                                                "address already in use: ",
                                                role, option, taken)));
        }
    }
    Daemon later(solo.rig, "later", solo.words("other", free));
    later.start();
    CHECK(Api(solo.rig, free).is_up(solo.host, 20s));
    CHECK(later.stop(SIGTERM) == 0);
}

TEST_CASE("program: options that cannot be meant are refused by name before anything is made") {
    Rig rig;
    struct Row {
        Words words;
        int status;
        std::string says;
    };
    for (auto const& row : {
             Row{{"nonsense"}, 64, "heliosd: there is no \"nonsense\"\n"},
             Row{{"solo", "--nope"}, 1, "heliosd solo: error: unrecognized arguments: '--nope'\n"},
             Row{{"solo", "--zk", "x:1"}, 1, "unrecognized arguments"},
             Row{{"master", "--docker", "x"}, 1, "unrecognized arguments"},
             Row{{"solo", "--http"}, 1, "--http"},
             Row{{"solo", "--http", "here"}, 1, "--http: 'here' has no port: use HOST:PORT\n"},
             Row{{"agent", "--admin", "127.0.0.1:99999"}, 1, "--admin: "},
             Row{{"solo", "--docker", "ftp://x"},
                 1,
                 "--docker: 'ftp://x' has the unknown scheme 'ftp': use unix://PATH or "
                 "tcp://HOST:PORT\n"},
             Row{{"agent", "--docker", "/run/docker.sock"},
                 1,
                 "--docker: '/run/docker.sock' has no scheme: for a socket file write "
                 "unix:///run/docker.sock\n"},
             Row{{"master", "--zk", ""}, 1, "--zk: ZooKeeper server '': the host is missing"},
             Row{{"master", "--zk", "zk1, zk2"},
                 1,
                 "--zk: ZooKeeper server ' zk2': a host has no white space; expected HOST:PORT\n"},
             Row{{"agent", "--zk", "zk1:99999"},
                 1,
                 "--zk: ZooKeeper server 'zk1:99999': the port is not a number from 1 to 65535"},
             Row{{"agent", "--zk-session-timeout", "0"}, 1, "--zk-session-timeout: 0 is no time"},
             Row{{"master", "--name", "a/b"},
                 1,
                 "--name: \"a/b\" cannot be the name of a host: it must not be empty"},
             Row{{"agent", "--env", "nothing"}, 1, "--env"},
         }) {
        auto words = row.words;
        if (words.size() > 1) {
            words.insert(words.begin() + 1, {"--state-dir", rig.path("state")});
        }
        auto const ended = rig.run(words);
        CAPTURE(row.words, ended.output);
        CHECK(ended.status == row.status);
        CHECK(has(ended.output, row.says));
    }
    CHECK(!fs::exists(rig.path("state")));
}

} // namespace
} // namespace heliosd::test
