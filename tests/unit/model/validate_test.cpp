// SPDX-License-Identifier: Apache-2.0
#include "model/job.h"

#include "support/catch.h"
#include "support/data.h"

#include <fmt/format.h>

using namespace heliosd;
using namespace heliosd::model;

namespace {

using Errors = std::vector<std::string>;

WallTime const now{std::chrono::milliseconds(1718000000000)};

Job job_of(std::string_view text) {
    auto job = job_from_json(test::parsed(text));
    if (!job) throw std::runtime_error(job.error().message);
    return *job;
}

/// What a master says about a job with these members and a fine name and image.
Errors complaints(std::string_view members, Validation how = {.now = now}) {
    auto job = job_of(fmt::format(R"({{"id":"n:1","image":"i",{}}})", members));
    job.id.hash = job_hash(job);
    return validate(job, how);
}

Errors complaints_of_id(std::string_view id) {
    auto job = job_of(fmt::format(R"({{"id":"{}","image":"i"}})", id));
    return validate(job, {.now = now, .check_hash = false});
}

} // namespace

TEST_CASE("model: a job that keeps all rules has no complaints") {
    auto const members = GENERATE(
        R"("hostname":"a")", R"("hostname":"0-9")", R"("hostname":"")", R"("ports":{})",
        R"("ports":{"a":{"externalPort":80},"b":{"externalPort":80,"protocol":"udp"}})",
        R"("ports":{"a":{"internalPort":65535,"externalPort":0}})",
        R"("ports":{"p":{}},"registration":{"_a-Z":{"ports":{"p":null}}})",
        R"("registration":{"bad name":{"ports":{}}})",
        R"("volumes":{"/a":"","/b:ro":"/x","/c:rw":"name"})", R"("volumes":{"/:ro":"name"})",
        R"("networkMode":"host")", R"("networkMode":"bridge")", R"("networkMode":"container:")",
        R"("healthCheck":{"type":"exec","command":["x"]})",
        R"("ports":{"p":{}},"healthCheck":{"type":"tcp","port":"p"})",
        R"("ramdisks":{"/r":"size=1m"},"volumes":{"/v":"/r"})", R"("gracePeriod":-1)",
        R"("gracePeriod":5,"ports":{"p":{"internalPort":1}})",
        R"("gracePeriod":0,"ports":{"p":{"externalPort":1}})", R"("expires":1718000000000)",
        R"("rolloutOptions":{"parallelism":1})", R"("dropCapabilities":["X"])");
    INFO(members);
    CHECK(complaints(members).empty());
}

TEST_CASE("model: every rule has its sentence") {
    struct Row {
        std::string_view members;
        Errors errors;
    };
    auto const row = GENERATE(
        Row{R"("hostname":"A")",
            {"Invalid hostname (A), only [a-z0-9][a-z0-9-] are allowed, size "
             "between 1 and 63"}},
        Row{R"("hostname":"-a")",
            {"Invalid hostname (-a), only [a-z0-9][a-z0-9-] are allowed, "
             "size between 1 and 63"}},
        Row{R"("ports":{"a":{"externalPort":80},"b":{"externalPort":80}})",
            {"Duplicate external port mapping: tcp:80"}},
        Row{R"("ports":{"a":{"protocol":"TCP"}})", {"Invalid port mapping protocol: TCP"}},
        Row{R"("ports":{"a":{"internalPort":65536,"externalPort":-1}})",
            {"Invalid external port: -1", "Invalid internal port: 65536"}},
        Row{R"("ports":{"a b":{}})", {"Invalid port mapping endpoint name: a b"}},
        Row{R"("ports":{"":{}})", {"Invalid port mapping endpoint name: "}},
        Row{R"("registration":{"svc/tcp":{}})",
            {"registration for 'svc' is malformed: does not have a port mapping"}},
        Row{R"("registration":{"svc":{"ports":{"p":{}}}})",
            {"Service registration refers to missing port mapping: svc/http=p"}},
        Row{R"("ports":{"p":{}},"registration":{"s.v":{"ports":{"p":{}}}})",
            {"Invalid service registration name: s.v"}},
        Row{R"("ports":{"p":{}},"registration":{"/tcp":{"ports":{"p":{}}}})",
            {"Invalid service registration name: "}},
        Row{R"("volumes":{"a":"b/c"})", {"Volume path is not absolute: a"}},
        Row{R"("volumes":{"/":"b/c"})", {"Volume source is not absolute: b/c"}},
        Row{R"("volumes":{"/":""})", {"Invalid volume path: /"}},
        Row{R"("volumes":{"/a:b:c":""})", {"Invalid volume path: /a:b:c"}},
        Row{R"("volumes":{"/a:":""})", {"Invalid volume path: /a:"}},
        Row{R"("expires":978307200000)",
            {"Job expires in the past - Mon Jan 01 00:00:00 UTC 2001 "
             "is before Mon Jun 10 06:13:20 UTC 2024"}},
        Row{R"("healthCheck":{"type":"exec"})",
            {"A command must be defined for `docker exec`-based health checks."}},
        Row{R"("healthCheck":{"type":"exec","command":[]})",
            {"A command must be defined for `docker exec`-based health checks."}},
        Row{R"("healthCheck":{"type":"http","path":"x"})",
            {"A port must be defined for HTTP and TCP health checks."}},
        Row{R"("healthCheck":{"type":"tcp","port":""})",
            {"A port must be defined for HTTP and TCP health checks."}},
        Row{R"("ports":{"a":{},"b":{}},"healthCheck":{"type":"tcp","port":"c"})",
            {"Health check port 'c' not defined in the job. Known ports are 'a, b'"}},
        Row{R"("networkMode":"none")",
            {"A Docker container's network mode must be bridge, host, "
             "or container:<name|id>."}},
        Row{R"("networkMode":"")",
            {"A Docker container's network mode must be bridge, host, or "
             "container:<name|id>."}},
        Row{R"("ramdisks":{"r":""})", {"Ramdisk mount point is not absolute: r"}},
        Row{R"("ramdisks":{"/r":""},"volumes":{"/r:ro":""})",
            {"Ramdisk mount point used by volume: /r"}},
        Row{R"("gracePeriod":1,"ports":{"p":{"externalPort":1}})",
            {"Job has both grace period and static/external ports. External ports will prevent new "
             "containers from deploying during the gracePeriod because of port conflicts. Please "
             "choose one or the other."}},
        Row{R"("rolloutOptions":{"parallelism":0})",
            {"Invalid rollout parallelism: 0, it must be at least 1."}},
        Row{R"("ports":{"a":{"protocol":"x"},"b":{"protocol":"x"}},"hostname":"?")",
            {"Invalid hostname (?), only [a-z0-9][a-z0-9-] are allowed, size between 1 and 63",
             "Invalid port mapping protocol: x"}});
    INFO(row.members);
    CHECK(complaints(row.members) == row.errors);
}

TEST_CASE("model: a host name has at most 63 characters") {
    auto const of = [](std::size_t n) {
        return complaints(fmt::format(R"("hostname":"{}")", std::string(n, 'a')));
    };
    CHECK(of(63).empty());
    CHECK(of(64).size() == 1);
}

TEST_CASE("model: names and versions are of a few characters only") {
    CHECK(complaints_of_id("aZ0-_.:9._-Z").empty());
    CHECK(complaints_of_id("a b:1") ==
          Errors{"Job name may only contain [0-9a-zA-Z-_.] in job name [a b]."});
    CHECK(complaints_of_id("a:ä") ==
          Errors{"Job version may only contain [0-9a-zA-Z-_.] in job version [ä]."});
    CHECK(complaints_of_id(":1") == Errors{"Job name was not specified."});
    auto const job = job_of(R"({"id":"a::c","image":"i"})");
    CHECK(complaints_of_id("a::c") ==
          Errors{fmt::format("Job version was not specified in job id [a::{}].", job_hash(job))});
}

TEST_CASE("model: a job without image is refused") {
    CHECK(validate(job_of(R"({"id":"a:1"})"), {.now = now, .check_hash = false}) ==
          Errors{"Image was not specified."});
    CHECK(validate(job_of(R"({"id":"a:1","image":"repo:"})"), {.now = now, .check_hash = false}) ==
          Errors{"Tag cannot be empty"});
}

TEST_CASE("model: a master checks the hash, a client does not") {
    auto job = job_of(R"({"id":"n:1:abc","image":"i"})");
    CHECK(validate(job, {.now = now}) ==
          Errors{fmt::format("Id hash mismatch: abc != {}", job_hash(job))});
    CHECK(validate(job, {.now = now, .check_hash = false}).empty());
    job.id.hash.reset();
    CHECK(validate(job, {.now = now}) == Errors{"Job hash was not specified in job id [n:1]."});
    job.id.hash = "a:b";
    CHECK(validate(job, {.now = now}).front() ==
          fmt::format("Id hash mismatch: a:b != {}", job_hash(job)));
    CHECK(validate(job, {.now = now}).back() == "Job hash contains colon in job id [n:1:a:b].");
}

TEST_CASE("model: capabilities outside the list of the master are refused") {
    auto const* members = R"("addCapabilities":["A","B","C"])";
    CHECK(complaints(members).empty());
    CHECK(complaints(members, {.now = now, .allowed_capabilities = Errors{"A", "B", "C"}}).empty());
    CHECK(
        complaints(members, {.now = now, .allowed_capabilities = Errors{"X", "B"}}) ==
        Errors{"The following Linux capabilities aren't allowed by the Helios master: 'A, C'. The "
               "allowed capabilities are: 'X, B'."});
    CHECK(complaints(members, {.now = now, .allowed_capabilities = Errors{}}) ==
          Errors{"The following Linux capabilities aren't allowed by the Helios master: 'A, B, C'. "
                 "The allowed capabilities are: ''."});
}
