// SPDX-License-Identifier: Apache-2.0
#include "model/job.h"

#include "support/catch.h"
#include "support/data.h"

#include <fmt/format.h>

using namespace heliosd;
using namespace heliosd::model;

namespace {

Result<Job> read(std::string const& members) {
    return job_from_json(test::parsed(fmt::format(R"({{"id":"n:1",{}}})", members)));
}

Job job_of(std::string const& members) {
    auto job = read(members);
    if (!job) throw std::runtime_error(job.error().message);
    return *job;
}

std::string failure(std::string const& members) {
    auto const job = read(members);
    return job ? "accepted" : job.error().message;
}

} // namespace

TEST_CASE("model: the smallest job is written with all members in both orders") {
    auto job = *job_from_json(test::parsed(R"({"id":"web:1","image":"nginx"})"));
    job.created = 1718000000000;
    job.creating_user = "maria";
    CHECK(json::write(to_json(job, Mode::common)) ==
          R"({"addCapabilities":[],"command":[],"created":1718000000000,"creatingUser":"maria",)"
          R"("dropCapabilities":[],"env":{},"expires":null,"gracePeriod":null,"healthCheck":null,)"
          R"("hostname":null,"id":"web:1","image":"nginx","labels":{},"metadata":{},)"
          R"("networkMode":null,"ports":{},"ramdisks":{},"registration":{},)"
          R"("registrationDomain":"","resources":null,"rolloutOptions":null,"runtime":null,)"
          R"("secondsToWaitBeforeKill":null,"securityOpt":[],"token":"","volumes":{}})");
    CHECK(json::write(to_json(job, Mode::api)) ==
          R"({"id":"web:1","image":"nginx","hostname":null,"created":1718000000000,)"
          R"("command":[],"env":{},"resources":null,"ports":{},"registration":{},)"
          R"("gracePeriod":null,"volumes":{},"expires":null,"registrationDomain":"",)"
          R"("creatingUser":"maria","token":"","healthCheck":null,"securityOpt":[],)"
          R"("networkMode":null,"metadata":{},"addCapabilities":[],"dropCapabilities":[],)"
          R"("labels":{},"secondsToWaitBeforeKill":null,"ramdisks":{},"rolloutOptions":null,)"
          R"("runtime":null})");
}

TEST_CASE("model: the documents inside a job are written in their own orders") {
    auto const job = job_of(
        R"("expires":"2030-06-01","resources":{"memory":1},"rolloutOptions":{"parallelism":2},)"
        R"("ports":{"p":{"internalPort":80}},"healthCheck":{"type":"http","path":"/","port":"p"},)"
        R"("registration":{"s":{"ports":{"p":{}}},"t":{"ports":{"p":{"tags":["x"]},"q":null}}})");
    auto const api = to_json(job, Mode::api);
    auto const common = to_json(job, Mode::common);
    auto const member = [](json::Value const& document, std::string_view name) {
        return json::write(*document.find(name));
    };
    CHECK(member(api, "expires") == "1906502400000");
    CHECK(member(common, "expires") == R"("2030-06-01T00:00:00.000+0000")");
    CHECK(member(api, "ports") ==
          R"({"p":{"ip":null,"internalPort":80,"externalPort":null,"protocol":"tcp"}})");
    CHECK(member(common, "ports") ==
          R"({"p":{"externalPort":null,"internalPort":80,"ip":null,"protocol":"tcp"}})");
    CHECK(member(api, "healthCheck") == R"({"type":"http","path":"/","port":"p"})");
    CHECK(member(common, "healthCheck") == R"({"path":"/","port":"p","type":"http"})");
    CHECK(member(api, "resources") ==
          R"({"memory":1,"memorySwap":null,"cpuShares":null,"cpuset":null})");
    CHECK(member(common, "resources") ==
          R"({"cpuShares":null,"cpuset":null,"memory":1,"memorySwap":null})");
    CHECK(member(api, "rolloutOptions") == R"({"timeout":null,"parallelism":2,"migrate":null,)"
                                           R"("overlap":null,"token":null,"ignoreFailures":null})");
    CHECK(member(api, "registration") == R"({"s/http":{"ports":{"p":{}}},)"
                                         R"("t/http":{"ports":{"p":{"tags":["x"]},"q":null}}})");
}

TEST_CASE("model: scalars are coerced as the reference coerces them") {
    CHECK(job_of(R"("hostname":8080)").hostname == "8080");
    CHECK(job_of(R"("hostname":1.50)").hostname == "1.50");
    CHECK(job_of(R"("hostname":1e3)").hostname == "1e3");
    CHECK(job_of(R"("hostname":true)").hostname == "true");
    CHECK(job_of(R"("command":[1,false,"x"])").command ==
          std::vector<std::string>{"1", "false", "x"});
    CHECK(job_of(R"("env":{"A":1.0})").env.at("A") == "1.0");

    struct Row {
        std::string_view given;
        std::optional<std::int32_t> seconds;
    };
    auto const row =
        GENERATE(Row{"7", 7}, Row{"1.9", 1}, Row{"-1.9", -1}, Row{"1e3", 1000}, Row{"1e-400", 0},
                 Row{R"("12")", 12}, Row{R"(" -3 ")", -3}, Row{R"("+4")", 4}, Row{R"("")", {}},
                 Row{R"(" ")", {}}, Row{"null", {}}, Row{"2147483647", 2147483647},
                 Row{"-2147483648", INT32_MIN}, Row{"2147483647.9", 2147483647});
    INFO(row.given);
    CHECK(job_of(fmt::format(R"("gracePeriod":{})", row.given)).grace_period == row.seconds);
}

TEST_CASE("model: booleans and long integers are coerced, missing ports read as 0") {
    auto const migrate = [](std::string_view given) {
        return job_of(fmt::format(R"("rolloutOptions":{{"migrate":{}}})", given))
            .rollout_options->migrate;
    };
    CHECK(migrate("true") == true);
    CHECK(migrate(R"("False")") == false);
    CHECK(migrate(R"("true")") == true);
    CHECK(migrate("0") == false);
    CHECK(migrate("-5") == true);
    CHECK(migrate(R"("")") == std::nullopt);
    CHECK(job_of(R"("resources":{"memory":9007199254740993})").resources->memory ==
          9007199254740993);
    CHECK(job_of(R"("ports":{"p":{"internalPort":null}})").ports.at("p").internal_port == 0);
    CHECK(job_of(R"("created":"12")").created == 12);
}

TEST_CASE("model: a mistake in a job is named with its path and what was expected") {
    struct Row {
        std::string_view members, sentence;
    };
    auto const row = GENERATE(
        Row{R"("image":[])", "image: expected a string, got a list"},
        Row{R"("command":"x")", "command: expected a list of strings, got a string"},
        Row{R"("command":["a",null])", "command[1]: expected a string, got null"},
        Row{R"("command":[{}])", "command[0]: expected a string, got an object"},
        Row{R"("env":[])", "env: expected an object, got a list"},
        Row{R"("env":{"A":null})", "env.A: expected a string, got null"},
        Row{R"("env":{"A":{}})", "env.A: expected a string, got an object"},
        Row{R"("ports":{"http":null})", "ports.http: expected an object, got null"},
        Row{R"("ports":{"http":5})", "ports.http: expected an object, got a number"},
        Row{R"("ports":{"http":{"internalPort":{}}})",
            "ports.http.internalPort: expected an integer, got an object"},
        Row{R"("ports":{"http":{"internalPort":true}})",
            "ports.http.internalPort: expected an integer, got a boolean"},
        Row{R"("ports":{"http":{"internalPort":"8x"}})",
            R"(ports.http.internalPort: expected an integer, got the string "8x")"},
        Row{R"("ports":{"http":{"internalPort":"1.5"}})",
            R"(ports.http.internalPort: expected an integer, got the string "1.5")"},
        Row{R"("ports":{"http":{"externalPort":2147483648}})",
            "ports.http.externalPort: 2147483648 is out of range, expected -2147483648 to "
            "2147483647"},
        Row{R"("gracePeriod":1e99)",
            "gracePeriod: 1e99 is out of range, expected -2147483648 to 2147483647"},
        Row{R"("gracePeriod":1e999)",
            "gracePeriod: 1e999 is out of range, expected -2147483648 to 2147483647"},
        Row{R"("gracePeriod":"99999999999")",
            "gracePeriod: 99999999999 is out of range, expected -2147483648 to 2147483647"},
        Row{R"("ports":{"http":{"ip":"1.2.3"}})",
            "ports.http.ip: 1.2.3 is not a valid IP address."},
        Row{R"("ports":{"http":{"ip":"01.2.3.4"}})",
            "ports.http.ip: 01.2.3.4 is not a valid IP address."},
        Row{R"("ports":{"http":{"ip":""}})", "ports.http.ip:  is not a valid IP address."},
        Row{R"("ports":{"http":{"ip":"fe80::1%eth0"}})",
            "ports.http.ip: fe80::1%eth0 is not a valid IP address."},
        Row{R"("registration":{"a/b/c":{}})",
            "registration.a/b/c: expected a service endpoint of the form name or name/protocol"},
        Row{R"("registration":{"a":null})", "registration.a: expected an object, got null"},
        Row{R"("registration":{"a":{"ports":[]}})",
            "registration.a.ports: expected an object, got a list"},
        Row{R"("registration":{"a":{"ports":{"p":{"tags":"x"}}}})",
            "registration.a.ports.p.tags: expected a list of strings, got a string"},
        Row{R"("healthCheck":{})", "healthCheck.type: expected http, tcp or exec, got nothing"},
        Row{R"("healthCheck":{"type":"HTTP"})",
            R"(healthCheck.type: expected http, tcp or exec, got "HTTP")"},
        Row{R"("healthCheck":"http")", "healthCheck: expected an object, got a string"},
        Row{R"("rolloutOptions":{"migrate":"yes"})",
            "rolloutOptions.migrate: expected true or false, got a string"},
        Row{R"("rolloutOptions":{"migrate":1.5})",
            "rolloutOptions.migrate: expected true or false, got a number"},
        Row{R"("expires":1.5)",
            "expires: expected a date: milliseconds since 1970, or text such as "
            "2030-06-01T12:00:00Z, got a number"},
        Row{R"("expires":"soon")",
            R"(expires: expected a date such as 2030-06-01T12:00:00Z, got "soon")"},
        Row{R"("id":5)", "id: expected a job id as a string, got a number"},
        Row{R"("id":"n")", "id: Invalid Job id: n"},
        Row{R"("id":null)", "Job id was not specified."});
    INFO(row.members);
    CHECK(failure(std::string(row.members)) == row.sentence);
}

TEST_CASE("model: a job that is no object or has no id is refused") {
    CHECK(job_from_json(test::parsed("[]")).error().message == "expected an object, got a list");
    CHECK(job_from_json(json::Value()).error().message == "expected an object, got null");
    CHECK(job_from_json(test::parsed("{}")).error().message == "Job id was not specified.");
}

TEST_CASE("model: only the first mistake is reported, unknown members are none") {
    CHECK(failure(R"("image":[],"hostname":[])") == "image: expected a string, got a list");
    CHECK(failure(R"("newField":{"a":[]},"ports":{"p":{"x":1}})") == "accepted");
}

TEST_CASE("model: addresses of both families are accepted") {
    for (auto const* ip : {"0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1", "::ffff:1.2.3.4"})
        CHECK(job_of(fmt::format(R"("ports":{{"p":{{"ip":"{}"}}}})", ip)).ports.at("p").ip == ip);
}

TEST_CASE("model: all fields, the non-empty ones, and explicit nulls make the same job") {
    auto const sparse = job_of(R"("image":"i")");
    auto const full = *job_from_json(to_json(sparse, Mode::common));
    auto nulls = to_json(sparse, Mode::api);
    for (auto& [name, value] : *nulls.if_object()) {
        if (name != "id" && name != "image") value = nullptr;
    }
    CHECK(full == sparse);
    CHECK(*job_from_json(nulls) == sparse);
}
