// SPDX-License-Identifier: Apache-2.0
#include "agent/state/executions.h"

#include "base/hash.h"
#include "support/catch.h"
#include "unit/agent/jobs.h"

namespace heliosd::agent {
namespace {

using test::job_named;
using test::port;

std::string const jobs_path = "/config/hosts/h1/jobs";

TEST_CASE("agent: executions.json is written as the reference writes it") {
    CHECK(executions_text({}) == "{ }");
    auto job = job_named("web");
    job.ports = {{"http", port(80)}};
    Executions const executions{
        {job.id.to_string(), {job, Ports{{"http", 20123}}, model::Goal::start}}};
    auto const text = executions_text(executions);
    CHECK(text.starts_with("{\n  \"web:1:0123456789abcdef0123456789abcdef01234567\" : {\n"
                           "    \"goal\" : \"START\",\n    \"job\" : {\n"
                           "      \"addCapabilities\" : [ ],\n"
                           "      \"command\" : [ \"sleep\", \"3600\" ],\n"));
    CHECK(text.ends_with("    },\n    \"ports\" : {\n      \"http\" : 20123\n    }\n  }\n}"));
    auto const read = executions_from_text(text);
    REQUIRE(read);
    CHECK(read->value == executions);
    CHECK(read->problems.empty());
}

TEST_CASE("agent: an execution without an allocation is not one with an empty allocation") {
    auto const job = job_named("web");
    for (auto const& ports : {std::optional<Ports>{}, std::optional(Ports{})}) {
        Executions const executions{{job.id.to_string(), {job, ports, model::Goal::undeploy}}};
        CHECK(executions_from_text(executions_text(executions)).value().value == executions);
    }
}

TEST_CASE("agent: nothing written is an empty map, damage is an error or a problem") {
    CHECK(executions_from_text("").value().value.empty());
    CHECK(executions_from_text(" \n").value().value.empty());
    for (auto const* text : {"{", "[]", "null", "7"}) CHECK(!executions_from_text(text));
    auto const job = job_named("web");
    auto text = executions_text({{job.id.to_string(), {job, Ports{}, model::Goal::start}}});
    text.insert(1, R"("bad:1" : {"goal" : "JUMP"},)");
    auto const read = executions_from_text(text);
    REQUIRE(read);
    CHECK(read->value.size() == 1);
    REQUIRE(read->problems.size() == 1);
    CHECK(read->problems[0].starts_with("\"bad:1\": "));
}

TEST_CASE("agent: task-config.json has whole paths for keys; those of another host are ignored") {
    auto const job = job_named("web");
    Tasks const tasks{{job.id.to_string(), {.job = job, .goal = model::Goal::stop}}};
    auto const text = tasks_text(tasks, jobs_path);
    CHECK(text.starts_with("{\n  \"/config/hosts/h1/jobs/web:1:0123456789abcdef0123456789abcdef"
                           "01234567\" : {\n    \"deployerMaster\" : null,\n"));
    CHECK(tasks_from_text(text, jobs_path).value().value == tasks);
    CHECK(tasks_from_text(text, "/config/hosts/h2/jobs").value().value.empty());
}

TEST_CASE("agent: task-status.json holds documents in base64") {
    auto const job = job_named("web");
    model::TaskStatus status{.job = job, .goal = model::Goal::start};
    status.state = model::TaskState::running;
    status.container_id = "abc";
    auto const document = json::write(to_json(status, model::Mode::common));
    auto const text = statuses_text({{job.id.to_string(), document}});
    CHECK(text == "{\n  \"" + job.id.to_string() + "\" : \"" + base64_encode(document) + "\"\n}");
    CHECK(statuses_from_text(text).value().value.at(job.id.to_string()) == status);
    CHECK(statuses_from_text(R"({"a:1":"?"})").value().problems.size() == 1);
}

TEST_CASE("agent: task-history.json comes back as it was") {
    auto const job = job_named("web");
    model::TaskStatusEvent const event{{.job = job, .goal = model::Goal::start}, 1234, "h1"};
    History const history{{job.id.to_string(), {event, event}}, {"empty:1:x", {}}};
    auto const read = history_from_text(history_text(history));
    REQUIRE(read);
    CHECK(read->value == History{{job.id.to_string(), {event, event}}});
}

TEST_CASE("agent: a state directory of a newer version is refused") {
    CHECK(own_state_from_text(own_state_text({})) == OwnState{});
    CHECK(own_state_from_text(R"({"format":1,"more":true})"));
    CHECK(!own_state_from_text(R"({"format":2})"));
    CHECK(!own_state_from_text("{"));
}

TEST_CASE("agent: heliosd.json comes back as it was, and what cannot be read is no empty list") {
    OwnState const own{.list = NodeIdentity{4294967303, 1700000000000},
                       .listed = {{"c:1:y", 4294967305}},
                       .orphans = {"a:1:x", "b"}};
    CHECK(own_state_text(own) == R"({
  "format" : 1,
  "list" : {
    "ctime" : 1700000000000,
    "czxid" : 4294967303
  },
  "listed" : {
    "c:1:y" : 4294967305
  },
  "orphans" : [ "a:1:x", "b" ]
})");
    CHECK(own_state_from_text(own_state_text(own)) == own);
    CHECK(own_state_text({}) == "{\n  \"format\" : 1\n}");
    CHECK(!own_state_from_text(R"({"format":1,"list":7})"));
    CHECK(!own_state_from_text(R"({"format":1,"list":{"czxid":1}})"));
    CHECK(!own_state_from_text(R"({"format":1,"listed":[]})"));
    CHECK(!own_state_from_text(R"({"format":1,"listed":{"a":"7"}})"));
    CHECK(!own_state_from_text(R"({"format":1,"orphans":{}})"));
    CHECK(!own_state_from_text(R"({"format":1,"orphans":[7]})"));
}

} // namespace
} // namespace heliosd::agent
