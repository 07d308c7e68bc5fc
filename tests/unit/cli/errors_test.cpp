// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "cli/command_line.h"
#include "support/catch.h"
#include "unit/cli/terminal.h"

#include <unistd.h>

using namespace heliosd;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using test::Terminal;

namespace {

constexpr auto shop = "shop:2.1:244a73d9d0559ad94b424a40941ec95367dda376";

} // namespace

TEST_CASE("cli: a wrong word ends with the usage, the reason and 1, and asks no master") {
    Terminal terminal;
    auto error_of = [&](std::vector<std::string> words) {
        CHECK(terminal.helios(std::move(words)) == 1);
        CHECK(terminal.out.empty());
        CHECK(terminal.master.requests.empty());
        return terminal.err;
    };
    CHECK_THAT(error_of({"hosts", "--status", "up"}),
               StartsWith("usage: helios hosts [-f] [-q] [--status [UP|DOWN]] [-s SELECTOR]...\n"
                          "                    [GLOBAL OPTIONS] [PATTERN]\n") &&
                   EndsWith("helios: error: argument --status: invalid choice: 'up' (choose from "
                            "{UP,DOWN})\n"));
    CHECK_THAT(error_of({"deploy", "shop"}), EndsWith("helios: error: too few arguments\n"));
    CHECK_THAT(error_of({"-v"}),
               StartsWith("usage: helios [-h]") && EndsWith("helios: error: too few arguments\n"));
    CHECK_THAT(error_of({"bogus"}),
               Contains("invalid choice: 'bogus' (choose from 'create', 'deploy', 'history', "));
    CHECK_THAT(error_of({"hots"}), EndsWith("\n\nDid you mean:\n\thosts\n"));
    CHECK_THAT(error_of({"st"}), EndsWith("ambiguous command: st could match start, status, "
                                          "stop\n"));
    CHECK_THAT(error_of({"--", "jobs"}), EndsWith("unrecognized arguments: 'jobs'\n"));
    CHECK_THAT(error_of({"jobs", "--jsno"}),
               EndsWith("unrecognized arguments: '--jsno'\n\nDid you mean:\n\t--json\n"));
    CHECK_THAT(error_of({"create", "x:1", "img", "--env", "-X=1"}),
               EndsWith("argument --env: expected one argument\n"));
}

TEST_CASE("cli: a target that is none is refused in one sentence") {
    Terminal terminal;
    CHECK(terminal.helios({"-z", "ftp://x:1", "jobs"}) == 1);
    CHECK(terminal.err == "Master endpoints must be of the form "
                          "\"[http|https]://<hostname>:<port>\": --master=ftp://x:1\n");
    CHECK(terminal.helios({"-z", "https://x:1", "jobs"}) == 1);
    CHECK_THAT(terminal.err, StartsWith("--master=https://x:1: TLS is not supported; use http://"));
    terminal.environment["HELIOS_MASTER"] = "foo";
    CHECK(terminal.helios({"-z", "http://master1:5801", "jobs"}) == 1);
    CHECK(terminal.err ==
          "Your environment variable HELIOS_MASTER=foo is not a valid URI with a scheme.\n");
    terminal.environment["HELIOS_MASTER"] = "domain://example.net";
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, Contains("names a domain; give the address of a master"));
}

TEST_CASE("cli: without any target the command fails and says how to give one") {
    Terminal terminal;
    terminal.environment.erase("HELIOS_MASTER");
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, Contains("helios: error: no masters specified."));
    CHECK(terminal.helios({"version"}) == 0);
    CHECK(terminal.out == "Client Version: 0.9.283\n");
}

TEST_CASE("cli: HOST:PORT is enough of a target, in every place one can be named") {
    Terminal terminal;
    terminal.environment["HELIOS_MASTER"] = "nowhere:1";
    CHECK(terminal.helios({"-z", "master1:5801", "jobs", "-q", "cron"}) == 0);
    CHECK(terminal.out == "cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115\n");
    terminal.environment["HELIOS_MASTER"] = "master1:5801";
    CHECK(terminal.helios({"jobs", "-q", "cron"}) == 0);
    terminal.environment.erase("HELIOS_MASTER");
    terminal.environment["HOME"] = "/home/mia";
    terminal.files.content["/home/mia/.helios/config"] =
        "# mine\nmasterEndpoints = [ \"master1:5801\" ] // the only one\n";
    CHECK(terminal.helios({"jobs", "-q", "cron"}) == 0);
}

TEST_CASE("cli: a broken config file is named with the line") {
    Terminal terminal;
    terminal.environment["HOME"] = "/home/mia";
    auto& config = terminal.files.content["/home/mia/.helios/config"];
    config = "{\n  masterEndpoints [\n";
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, StartsWith("/home/mia/.helios/config: line 2: "));
    config = R"({"masterEndpoints": "http://x:1"})";
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK(terminal.err ==
          "/home/mia/.helios/config: masterEndpoints must be a list, not a string\n");
}

TEST_CASE("cli: unknown fields of a job file are named and ignored, at every depth") {
    Terminal terminal;
    auto& file = terminal.files.content["web.json"];
    file = R"({"id": "web:2", "image": "busybox", "comand": ["true"], "labels": {"any": "thing"},
               "ports": {"http": {"internalPort": 80, "extrenalPort": 8080}}, "note": null,
               "gracePeriod": "", "resources": {"memory": 1048576},
               "healthCheck": {"type": "http", "path": "/", "port": "http", "every": 5},
               "registration": {"web/http": {"ports": {"http": {}}}, "api": {"ports": {}}}})";
    CHECK(terminal.helios({"create", "-q", "-f", "web.json"}) == 0);
    CHECK(terminal.err ==
          "web.json: unknown field \"comand\" is ignored; correct its name or remove it\n"
          "web.json: unknown field \"ports.http.extrenalPort\" is ignored; correct its name or "
          "remove it\n"
          "web.json: unknown field \"healthCheck.every\" is ignored; correct its name or remove "
          "it\n");
}

TEST_CASE("cli: a local solo is found by its file, and named when asked") {
    Terminal terminal;
    terminal.environment.erase("HELIOS_MASTER");
    terminal.environment["XDG_RUNTIME_DIR"] = "/run/user/1000";
    auto const pid = std::to_string(::getpid());
    auto& file = terminal.files.content["/run/user/1000/heliosd/solo.json"];
    file = R"({"format":1,"http":"http://master1:5801","pid":)" + pid + "}";
    CHECK(terminal.helios({"-v", "jobs", "-q", "cron"}) == 0);
    CHECK(terminal.out == "cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115\n");
    CHECK_THAT(terminal.err, EndsWith("INFO  helios: talking to http://master1:5801, from the solo "
                                      "with pid " +
                                      pid + " (/run/user/1000/heliosd/solo.json)\n"));
    file = R"({"format":1,"http":"http://master1:5801","pid":2147483647})";
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, Contains("no masters specified"));
    terminal.files.content["/run/heliosd/solo.json"] =
        R"({"format":1,"http":"http://master1:5801","pid":)" + pid + "}";
    CHECK(terminal.helios({"jobs"}) == 0);
}

TEST_CASE("cli: a master that is not there is told at once, and given up in the end") {
    Terminal terminal;
    CHECK(terminal.helios({"-z", "http://nobody:1", "--retry-timeout", "7", "jobs"}) == 1);
    CHECK(terminal.out.empty());
    CHECK_THAT(terminal.err,
               StartsWith("06:32:20.000 WARN  helios: Unable to connect to master: "
                          "http://nobody:1/jobs?user=mia (") &&
                   Contains("), retrying in 5 seconds\n06:32:25.000 WARN  helios:") &&
                   Contains("\nUnable to connect to master: http://nobody:1/jobs?user=mia ("));
    CHECK(terminal.helios({"-z", "http://nobody:1", "version"}) == 0);
    CHECK(terminal.out == "Client Version: 0.9.283\n"
                          "Master Version: Unable to connect to master\n");
}

TEST_CASE("cli: an answer nobody can use is shown") {
    Terminal terminal;
    terminal.master.broken = 500;
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err,
               StartsWith("request failed: Response{method='GET', "
                          "uri=http://helios/jobs?user=mia, status=500, payload='', headers={"));
    terminal.master.broken = 404;
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK(terminal.err == "http://master1:5801 answers 404 to /jobs: is this the address of a "
                          "Helios master?\n");
    terminal.master.broken = 200;
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, StartsWith("bad reply: Response{method='GET'"));
    CHECK(terminal.helios({"version"}) == 0);
}

TEST_CASE("cli: an answer of something that is no master is named as what it is") {
    Terminal terminal;
    net::Response page{.status = 200};
    page.headers.add("Content-Type", "text/html; charset=utf-8");
    page.body = "<!DOCTYPE html>\n<html><head><title>Jenkins</title></head>\x1b[2J"
                "<body>Welcome</body></html>";
    terminal.master.foreign = std::move(page);
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK(terminal.err == "bad reply: http://master1:5801/jobs?user=mia answers 200 OK with "
                          "text/html; charset=utf-8: \"Jenkins [2J Welcome\"; is this the address "
                          "of a Helios master?\n");
}

TEST_CASE("cli: a state that is not current is mentioned once, whatever the number of answers") {
    Terminal terminal;
    terminal.master.stale = "12";
    CHECK(terminal.helios({"status", "-j", "shop:2.1"}) == 0);
    CHECK(terminal.master.requests.size() == 2);
    CHECK(terminal.err == "helios: warning: the master's picture of the cluster is 12 s old (it "
                          "has no connection to ZooKeeper)\n");
}

TEST_CASE("cli: nothing that listens on a loopback address is an error at once, unless retries are "
          "asked for") {
    Terminal terminal;
    auto const start = terminal.world.clock.now();
    for (auto const* host : {"127.0.0.1", "localhost", "[::1]", "127.3.2.1"}) {
        CHECK(terminal.helios({"-z", std::string("http://") + host + ":1", "jobs"}) == 1);
        CHECK_THAT(terminal.err,
                   StartsWith("Unable to connect to master: http://") && !Contains("retrying"));
    }
    CHECK(terminal.world.clock.now() == start);
    terminal.environment["HELIOS_CLI_TOTAL_TIMEOUT"] = "7";
    CHECK(terminal.helios({"-z", "http://127.0.0.1:1", "jobs"}) == 1);
    CHECK_THAT(terminal.err, Contains("retrying in 5 seconds"));
}

TEST_CASE("cli: on a terminal a failed task shows its reason, in a pipe it does not") {
    Terminal terminal;
    std::string const node2 = "node2.lon.example.net";
    auto& task = terminal.master.hosts.at(node2).statuses.at(shop);
    task.state = model::TaskState::failed;
    task.container_error = "docker: No command specified\r\n\x1b[31m";
    auto& events = terminal.master.histories[task.job.id];
    events.push_back({task, 1718000400000, node2});

    CHECK(terminal.helios({"status", "-f", "-j", shop}) == 0);
    CHECK_THAT(terminal.out, !Contains("No command"));
    CHECK(terminal.helios({"history", shop}) == 0);
    CHECK_THAT(terminal.out, !Contains("REASON") && !Contains("No command"));

    terminal.out_is_terminal = true;
    auto const reason = std::string("docker: No command specified [31m (the image has no command "
                                    "of its own; create the job with one: helios create "
                                    "NAME:VERSION IMAGE -- COMMAND)");
    CHECK(terminal.helios({"status", "-j", shop}) == 0);
    CHECK_THAT(terminal.out, EndsWith("FAILED (IMAGE_MISSING)                                    \n"
                                      "    reason: " +
                                      reason + "\n"));
    CHECK(terminal.helios({"history", shop}) == 0);
    CHECK_THAT(terminal.out,
               Contains("CONTAINERID") && Contains("    REASON ") && Contains(reason));
}

TEST_CASE("cli: a host pattern that takes too many steps is no list of what it matched till then") {
    Terminal terminal;
    auto& hosts = terminal.master.hosts;
    auto const long_name = std::string(5000, 'a') + "b";
    hosts[long_name] = hosts.at("node1.lon.example.net");
    for (auto const* form : {"-f", "--json"}) {
        CHECK(terminal.helios({"status", form, "--host", "^(a+)+$|node"}) == 1);
        CHECK(terminal.out.find("node1") == std::string::npos);
        CHECK(terminal.err == "--host: matching it takes too many steps; simplify the expression, "
                              "above all repetitions inside repetitions\n");
        CHECK(terminal.helios({"status", form, "--host", "node"}) == 0);
    }
}

TEST_CASE("cli: an unknown or ambiguous job is refused, with candidates on stderr") {
    Terminal terminal;
    CHECK(terminal.helios({"inspect", "nope"}) == 1);
    CHECK(terminal.out == "Unknown job: nope\n");
    CHECK(terminal.helios({"deploy", "shop", "node1"}) == 1);
    CHECK(terminal.out == "Ambiguous job reference: shop\n");
    CHECK(terminal.err == "It could be:\n    shop:2.0:d6dcf20\n    shop:2.1:244a73d\n");
    CHECK(terminal.helios({"stop", "--json", "nope", "node1"}) == 1);
    CHECK(terminal.out == R"({"host":null,"job":null,"status":"JOB_NOT_FOUND"})");
    CHECK(terminal.helios({"history", "--json", "shop"}) == 1);
    CHECK(terminal.out == "Ambiguous job id: shop\n");
}

TEST_CASE("cli: an unknown host is sent as typed, and the master's refusal shown") {
    Terminal terminal;
    CHECK(terminal.helios({"deploy", "cron", "node7"}) == 1);
    CHECK_THAT(terminal.out,
               EndsWith("node7: failed: JobDeployResponse{status=HOST_NOT_FOUND, "
                        "job=cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115, host='node7'}\n"));
}

TEST_CASE("cli: a prompt that is answered no, or not at all, does nothing") {
    Terminal terminal;
    terminal.typed = "n\n";
    CHECK(terminal.helios({"undeploy", "-a", shop}) == 1);
    CHECK_THAT(terminal.out, EndsWith("Do you want to continue? [y/N]\n"));
    CHECK(terminal.err.empty());
    terminal.typed = "";
    CHECK(terminal.helios({"remove", "shop:2.0"}) == 1);
    CHECK_THAT(terminal.err, Contains("nothing was done"));
    for (auto const& request : terminal.master.requests) CHECK_FALSE(request.starts_with("DELETE"));
}

TEST_CASE("cli: several targets are told apart, and one failure is the failure of all") {
    Terminal terminal;
    terminal.second.masters = {"m2"};
    CHECK(terminal.helios(
              {"-z", "http://master1:5801", "-z", "master2:5801", "jobs", "-q", "cron"}) == 1);
    CHECK(terminal.out == "http://master1:5801 ([http://master1:5801])\n"
                          "-------------------------------------------\n"
                          "cron:7:9ea6a1f2fc18f958cf8a5862665998b28cad9115\n"
                          "\n"
                          "master2:5801 ([http://master2:5801])\n"
                          "------------------------------------\n"
                          "\n");
    CHECK(terminal.helios({"-z", "http://master1:5801", "-z", "http://master2:5801", "masters",
                           "--json", "-f"}) == 0);
    CHECK(terminal.out == "{\n\"http://master1:5801\": \n"
                          "[ \"master1.example.net\", \"master2.example.net\" ]\n,\n\n"
                          "\"http://master2:5801\": \n[ \"m2\" ]\n}\n");
}

TEST_CASE("cli: bad numbers in the environment are named") {
    Terminal terminal;
    terminal.environment["HELIOS_CLI_HTTP_TIMEOUT"] = "abc";
    CHECK(terminal.helios({"jobs"}) == 1);
    CHECK_THAT(terminal.err, StartsWith("For input string: \"abc\""));
    CHECK(terminal.helios({"--http-timeout", "5", "jobs"}) == 0);
}

TEST_CASE("cli: -vv shows requests and keeps tokens secret") {
    Terminal terminal;
    CHECK(terminal.helios({"-vv", "remove", "--yes", "--token", "s3cret", "shop:2.0"}) == 1);
    CHECK_THAT(terminal.err, Contains("DEBUG helios: GET http://master1:5801/jobs?q=shop:2.0") &&
                                 Contains("DEBUG helios: 200 OK (") &&
                                 Contains("?token=***&user=mia\n") && Contains("403 Forbidden"));
    CHECK_THAT(terminal.err, !Contains("s3cret"));
}

TEST_CASE("cli: a master older than us is mentioned once") {
    Terminal terminal;
    terminal.master.version_status = "MAYBE";
    CHECK(terminal.helios({"jobs"}) == 0);
    auto const sentence = std::string("Your Helios client version [0.9.283] is ahead of the server "
                                      "[0.8.1].");
    auto const first = terminal.err.find(sentence);
    REQUIRE(first != std::string::npos);
    CHECK(terminal.err.find(sentence, first + 1) == std::string::npos);
}

TEST_CASE("cli: an option may be cut short as long as it is clear which one is meant") {
    Terminal terminal;
    CHECK(terminal.helios({"hosts", "--stat", "UP", "-f"}) == 0);
    CHECK_THAT(terminal.out, Contains("\nnode1.lon") && !Contains("\nnode2.lon"));
    CHECK(terminal.helios({"hosts", "--s", "x"}) == 1);
    CHECK_THAT(terminal.err, EndsWith("ambiguous option: --s could match --selector, --status\n"));
}

namespace {

/// Takes everything and loses it at the end, like a full disk.
class Lossy final : public std::stringbuf {
    int sync() override { return -1; }
};

} // namespace

TEST_CASE("cli: output that cannot be written is an error") {
    std::istringstream in;
    Lossy full;
    std::ostream out(&full);
    std::ostringstream err;
    constexpr std::array words{"helios", "--help"};
    CHECK(cli::run(words.size(), words.data(), in, out, err) == 1);
    CHECK(!full.str().empty());
    CHECK(err.str() == "helios: not all of the output could be written\n");
}
