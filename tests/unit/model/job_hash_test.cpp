// SPDX-License-Identifier: Apache-2.0
#include "model/job.h"

#include "base/hash.h"
#include "model/java_order.h"
#include "support/catch.h"
#include "support/data.h"

#include <fmt/format.h>

using namespace heliosd;
using namespace heliosd::model;

namespace {

Job job_of(std::string_view text) {
    auto job = job_from_json(test::parsed(text));
    if (!job) throw std::runtime_error(job.error().message);
    return *job;
}

/// The text without `name` and `version`, which every case has.
std::string canonical(std::string const& members) {
    auto const text = canonical_text(
        job_of(fmt::format(R"({{"id":"n:1"{}{}}})", members.empty() ? "" : ",", members)));
    auto value = test::parsed(text);
    CHECK(*value.find("name") == "n");
    CHECK(*value.find("version") == "1");
    value.if_object()->erase("name");
    value.if_object()->erase("version");
    return json::write(value);
}

} // namespace

TEST_CASE("model: the published and derived job ids are reproduced to the byte") {
    auto const vectors = test::data_json("job-ids.json");
    REQUIRE(vectors.if_array());
    CHECK(vectors.if_array()->size() == 76);
    for (auto const& vector : *vectors.if_array()) {
        auto const& id = *vector.find("id")->if_string();
        INFO(*vector.find("source")->if_string() << " " << id);
        auto config = *vector.find("config")->if_object();
        auto const full = JobId::parse(id);
        REQUIRE(full);
        config.set("id", full->name + ":" + *full->version);
        auto job = job_from_json(config);
        REQUIRE(job);
        CHECK(canonical_text(*job) == *vector.find("canonical")->if_string());
        CHECK(job_hash(*job) == *full->hash);
        job->id.hash = full->hash;
        CHECK(job->id.to_string() == id);
        CHECK(hash_accepted(*job, std::nullopt));
    }
}

TEST_CASE("model: what is dropped from the hashed text and what stays") {
    struct Row {
        std::string_view given, canonical;
    };
    auto const row = GENERATE(
        Row{R"("env":{"A":""})", R"({"env":{"A":""}})"}, Row{R"("env":{})", "{}"},
        Row{R"("env":null)", "{}"}, Row{R"("volumes":{"/data":""})", R"({"volumes":{"/data":""}})"},
        Row{R"("command":[""])", R"({"command":[""]})"},
        Row{R"("ports":{"p":{"internalPort":80}})",
            R"({"ports":{"p":{"internalPort":80,"protocol":"tcp"}}})"},
        Row{R"("ports":{"p":{"externalPort":0}})",
            R"({"ports":{"p":{"externalPort":0,"internalPort":0,"protocol":"tcp"}}})"},
        Row{R"("registration":{"svc":{"ports":{"p":{}}}})",
            R"({"registration":{"svc/http":{"ports":{"p":{}}}}})"},
        Row{R"("registration":{"svc":{"ports":{"p":{"tags":[]}}}})",
            R"({"registration":{"svc/http":{"ports":{"p":{"tags":[]}}}}})"},
        Row{R"("registration":{"svc":{"ports":{"p":null}}})",
            R"({"registration":{"svc/http":{"ports":{"p":null}}}})"},
        Row{R"("registration":{"svc":{"ports":{}}})", R"({"registration":{"svc/http":{}}})"},
        Row{R"("registration":{"svc":{},"svc/http":{"ports":{"q":{}}}})",
            R"({"registration":{"svc/http":{"ports":{"q":{}}}}})"},
        Row{R"("resources":{"cpuset":""})", R"({"resources":{}})"},
        Row{R"("resources":{})", R"({"resources":{}})"},
        Row{R"("rolloutOptions":{"migrate":false,"token":""})",
            R"({"rolloutOptions":{"migrate":false}})"},
        Row{R"("healthCheck":{"type":"exec","command":[]})", R"({"healthCheck":{"type":"exec"}})"},
        Row{R"("healthCheck":{"type":"http","path":"/p","port":"a"})",
            R"({"healthCheck":{"path":"/p","port":"a","type":"http"}})"},
        Row{R"("gracePeriod":0)", R"({"gracePeriod":0})"},
        Row{R"("networkMode":"bridge")", R"({"networkMode":"bridge"})"},
        Row{R"("created":5,"creatingUser":"eve","unknown":[1])", "{}"},
        Row{R"("token":"","hostname":"","registrationDomain":null)", "{}"},
        Row{R"("expires":0)", R"({"expires":"1970-01-01T00:00:00.000+0000"})"},
        Row{R"("env":{"\ud83d\ude00":"1","\uffff":"2"})",
            "{\"env\":{\"\\uD83D\\uDE00\":\"1\",\"\uFFFF\":\"2\"}}"});
    CHECK(canonical(std::string(row.given)) == row.canonical);
}

TEST_CASE("model: the worked example has the id the specification prints") {
    auto const job = job_of(R"({"id": "shop-web:1.4.2",
         "image": "registry.example.net:5000/shop/web:1.4.2",
         "command": ["serve", "--port", "8080"],
         "env": {"LOG_LEVEL": "info"},
         "ports": {"http": {"internalPort": 8080, "externalPort": 18080},
                   "http-admin": {"internalPort": 8081}},
         "registration": {"shop-web": {"ports": {"http": {}}}},
         "healthCheck": {"type": "http", "path": "/ping", "port": "http-admin"},
         "resources": {"memory": 536870912}})");
    CHECK(job_hash(job) == "2309148c307c995094904011217e1ebc490430e8");
}

TEST_CASE("model: capabilities have the order of a Java hash set, whatever order they came in") {
    auto const a = job_of(R"({"id":"n:1","addCapabilities":["NET_ADMIN","SYS_TIME","NET_ADMIN"]})");
    auto const b = job_of(R"({"id":"n:1","addCapabilities":["SYS_TIME","NET_ADMIN"]})");
    CHECK(a == b);
    CHECK(job_hash(a) == job_hash(b));
    CHECK(a.add_capabilities.size() == 2);
}

TEST_CASE("model: thirteen elements make the hash set grow, and the order follows") {
    // One-letter names hash to their letter: with 16 buckets P (80) comes first, with 32 A (65).
    std::vector<std::string> letters;
    for (char c = 'P'; c >= 'E'; --c) letters.emplace_back(1, c);
    CHECK(java_set_order(letters).front() == "P");
    letters.emplace_back("D");
    CHECK(java_set_order(letters).front() == "D");
    CHECK(java_set_order(letters).back() == "P");
    CHECK(java_set_order(java_set_order(letters)) == java_set_order(letters));
}

TEST_CASE("model: elements of one bucket keep the order they came in") {
    // Aa and BB have the same hash.
    CHECK(java_set_order({"Aa", "BB"}) == std::vector<std::string>{"Aa", "BB"});
    CHECK(java_set_order({"BB", "Aa"}) == std::vector<std::string>{"BB", "Aa"});
}

TEST_CASE("model: a hash over the capabilities in the order of the request is accepted") {
    // Iterated as B, C by a hash set; the client's builder was told C first.
    auto const request = test::parsed(R"({"id":"n:1","image":"i","addCapabilities":["C","B"]})");
    auto job = *job_from_json(request);
    REQUIRE(job.add_capabilities == std::vector<std::string>{"B", "C"});
    auto const text = R"({"addCapabilities":["C","B"],"image":"i","name":"n","version":"1"})";
    job.id.hash = sha1_hex("n:1:" + sha1_hex(text));
    CHECK(*job.id.hash != job_hash(job));
    CHECK_FALSE(hash_accepted(job, std::nullopt));
    CHECK(hash_accepted(job, *submitted_capabilities(request)));
    // The order of other capabilities than the job's proves nothing.
    CHECK_FALSE(hash_accepted(job, CapabilityOrder{.add = {"D", "B"}}));
    job.id.hash = job_hash(job);
    CHECK(hash_accepted(job, *submitted_capabilities(request)));
}

TEST_CASE("model: a hash over a date with the zone +00:00 is accepted") {
    auto job = job_of(R"({"id":"n:1","image":"i","expires":"2030-06-01T12:00:00Z"})");
    auto const text =
        R"({"expires":"2030-06-01T12:00:00.000+00:00","image":"i","name":"n","version":"1"})";
    job.id.hash = sha1_hex("n:1:" + sha1_hex(text));
    CHECK(hash_accepted(job, std::nullopt));
    job.id.hash = std::string(40, '0');
    CHECK_FALSE(hash_accepted(job, std::nullopt));
}
