// SPDX-License-Identifier: Apache-2.0
#include "docker/answers.h"
#include "docker/engine_http.h"

#include "support/catch.h"

namespace heliosd::docker {
namespace {

TEST_CASE("docker answers: what a refusal means depends on the call") {
    struct Row {
        Subject subject;
        int status;
        std::string_view message;
        EngineErrc expected;
    };
    std::vector<Row> const table{
        {Subject::container, 404, "No such container: x", EngineErrc::container_not_found},
        {Subject::container, 404, "network web not found", EngineErrc::request},
        {Subject::container, 409, "removal of container x is already in progress",
         EngineErrc::conflict},
        {Subject::container, 500, "driver failed programming external connectivity",
         EngineErrc::request},
        {Subject::container, 302, "Found", EngineErrc::request},
        {Subject::kill, 409, "Cannot kill container: x: Container x is not running",
         EngineErrc::not_running},
        {Subject::kill, 500, "Cannot kill container x: Container x is not running",
         EngineErrc::not_running},
        {Subject::kill, 404, "No such container: x", EngineErrc::container_not_found},
        {Subject::create, 404, "No such image: x:latest", EngineErrc::image_not_found},
        {Subject::create, 404, "No such container: other", EngineErrc::request},
        {Subject::create, 409, "Conflict. The container name \"/x\" is already in use",
         EngineErrc::conflict},
        {Subject::create, 400, "invalid reference format", EngineErrc::request},
        {Subject::image, 404, "No such image: x:latest", EngineErrc::image_not_found},
        {Subject::pull, 404, "manifest unknown", EngineErrc::image_not_found},
        {Subject::pull, 500, "Get \"https://r/v2/\": dial tcp: connection refused",
         EngineErrc::pull_failed},
        {Subject::pull, 400, "invalid reference format", EngineErrc::pull_failed},
        {Subject::other, 404, "page not found", EngineErrc::request},
    };
    for (auto const& row : table) {
        json::Object body{{"message", std::string(row.message)}};
        auto const error = refusal(row.subject, row.status, json::write(body));
        INFO(row.message);
        CHECK(error.code == row.expected);
        CHECK(error.message == row.message);
    }
}

TEST_CASE("docker answers: a refusal that is no JSON still says what it said") {
    CHECK(refusal(Subject::other, 502, "<html>Bad gateway</html>\n").message ==
          "docker answered with status 502: <html>Bad gateway</html>");
    CHECK(refusal(Subject::other, 500, " \n").message == "docker answered with status 500");
    CHECK(refusal(Subject::other, 500, std::string(10000, 'x')).message.size() < 600);
}

TEST_CASE("docker answers: the version of the API lies between what both sides know") {
    CHECK(version_prefix({.api_version = "1.41", .min_api_version = "1.12"}) == "/v1.41");
    CHECK(version_prefix({.api_version = "1.51", .min_api_version = "1.24"}) == "/v1.43");
    CHECK(version_prefix({.api_version = "1.52", .min_api_version = "1.44"}) == "/v1.44");
    CHECK(version_prefix({.api_version = "1.9"}) == "/v1.9");
    CHECK(version_prefix({.api_version = "", .min_api_version = "1.44"}) == "");
    CHECK(version_prefix({.api_version = "one"}) == "");
}

TEST_CASE("docker answers: an inspected container, also of a daemon that leaves things out") {
    auto const full = container_from_json(
        R"({"Id":"4f7","Name":"/web","Image":"sha256:1","State":{"Status":"exited",)"
        R"("Running":false,"ExitCode":137,"Error":"oops","StartedAt":"a","FinishedAt":"b"},)"
        R"("Config":{"Image":"busybox:v1","Labels":{"k":"v"}},)"
        R"("NetworkSettings":{"Gateway":"","Networks":{"own":{"Gateway":"172.18.0.1"}}}})");
    REQUIRE(full);
    CHECK(full->name == "web");
    CHECK(full->image == "busybox:v1");
    CHECK(!full->running);
    CHECK(full->exit_code == 137);
    CHECK(full->error == "oops");
    CHECK(full->labels.at("k") == "v");
    CHECK(full->gateway == "172.18.0.1");

    auto const bare = container_from_json(R"({"Id":"4f7","State":{"Running":true}})");
    REQUIRE(bare);
    CHECK(bare->running);
    CHECK(bare->gateway.empty());
}

TEST_CASE("docker answers: without its heart an answer is not understood") {
    CHECK(container_from_json(R"({"Id":"4f7","State":{}})").error().message ==
          "docker: inspect: no State.Running in the answer");
    CHECK(container_from_json("{").error().code == EngineErrc::bad_answer);
    CHECK(container_from_json(R"({"State":{"Running":true}})").error().code ==
          EngineErrc::bad_answer);
    CHECK(created_id_from_json(R"({"Warnings":[]})").error().code == EngineErrc::bad_answer);
    CHECK(containers_from_json("{}").error().code == EngineErrc::bad_answer);
    CHECK(containers_from_json(R"([{"Names":["/a"]}])").error().code == EngineErrc::bad_answer);
    CHECK(version_from_json("[]").error().code == EngineErrc::bad_answer);
}

TEST_CASE("docker answers: rows of a list") {
    auto const rows = containers_from_json(
        R"([{"Id":"a","Names":["/web","/other/web"],"State":"running","Labels":{"k":"v"}},)"
        R"({"Id":"b","Names":null,"Labels":null}])");
    REQUIRE(rows);
    REQUIRE(rows->size() == 2);
    CHECK((*rows)[0].names == std::vector<std::string>{"web", "other/web"});
    CHECK((*rows)[0].state == "running");
    CHECK((*rows)[0].labels.at("k") == "v");
    CHECK((*rows)[1].names.empty());
}

TEST_CASE("docker endpoint: the forms of --docker") {
    auto const socket = parse_docker_endpoint("unix:///run/docker.sock", "--docker");
    REQUIRE(socket);
    CHECK(socket->path == "/run/docker.sock");
    CHECK(docker_host(*socket) == "localhost");
    std::vector<std::pair<std::string_view, std::pair<std::string_view, int>>> const table{
        {"tcp://10.0.0.1:4243", {"10.0.0.1", 4243}},
        {"http://dock:80", {"dock", 80}},
        {"dock", {"dock", 2375}},
        {"dock:1", {"dock", 1}},
        {":4243", {"localhost", 4243}},
        {"tcp://", {"localhost", 2375}},
    };
    for (auto const& [text, expected] : table) {
        INFO(text);
        auto const endpoint = parse_docker_endpoint(text, "--docker");
        REQUIRE(endpoint);
        CHECK(endpoint->host == expected.first);
        CHECK(endpoint->port == expected.second);
        CHECK(docker_host(*endpoint) == expected.first);
    }
    CHECK(!parse_docker_endpoint("tcp://dock:99999", "--docker"));
    CHECK(parse_docker_endpoint("ftp://dock", "--docker").error().message ==
          "--docker: 'ftp://dock' has the unknown scheme 'ftp': use unix://PATH or "
          "tcp://HOST:PORT");
    CHECK(parse_docker_endpoint("https://dock:2376", "--docker").error().message ==
          "--docker: 'https://dock:2376' asks for TLS, which is not supported: use unix://PATH or "
          "tcp://HOST:PORT, or a proxy on this machine that adds TLS");
    CHECK(parse_docker_endpoint("/run/docker.sock", "--docker").error().message ==
          "--docker: '/run/docker.sock' has no scheme: for a socket file write "
          "unix:///run/docker.sock");
}

} // namespace
} // namespace heliosd::docker
