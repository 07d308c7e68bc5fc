// SPDX-License-Identifier: Apache-2.0
#include "agent/state/state_directory.h"

#include "support/catch.h"
#include "unit/agent/jobs.h"
#include "unit/agent/log_lines.h"

namespace heliosd::agent {
namespace {

using test::job_named;

struct Rig {
    MemoryFiles files;
    SeededRng rng{1};
    AgentOptions options{.name = "h1", .state_dir = "/state"};
    test::LogLines log;

    Result<StateDirectory> open() {
        return open_state_directory(options, WallTime{std::chrono::milliseconds{77}}, rng, files);
    }
};

TEST_CASE("agent: a fresh directory gets an id of forty hex digits and nothing else of note") {
    Rig rig;
    auto const state = rig.open();
    REQUIRE(state);
    CHECK(state->id.size() == 40);
    CHECK(state->id.find_first_not_of("0123456789ABCDEF") == std::string::npos);
    CHECK(rig.files.content.at("/state/id") == state->id);
    CHECK(!state->has_snapshot());
    CHECK(!rig.files.content.contains("/state/executions.json"));
}

TEST_CASE("agent: the id in the directory wins over --id, and white space is no part of it") {
    Rig rig;
    rig.options.id = "NEW";
    CHECK(rig.open().value().id == "NEW");
    rig.files.content["/state/id"] = " OLD\n";
    CHECK(rig.open().value().id == "OLD");
}

TEST_CASE("agent: a second agent on the same directory is told so") {
    Rig rig;
    auto const first = rig.open();
    auto const second = rig.open();
    REQUIRE(!second);
    CHECK(second.error().message == "State lock file already locked: /state/lock");
}

TEST_CASE("agent: a corrupt file is set aside and complained about, not taken for nothing") {
    Rig rig;
    rig.files.content["/state/task-config.json"] = "{\"/config";
    rig.files.content["/state/executions.json"] = "";
    auto const state = rig.open();
    REQUIRE(state);
    CHECK(!state->tasks);
    CHECK(rig.files.content.at("/state/task-config.json.corrupt-77") == "{\"/config");
    CHECK(rig.log.size() == 1);
    CHECK(rig.log.count("/state/task-config.json") == 1);
}

TEST_CASE("agent: what of a damaged file can be read is used") {
    Rig rig;
    auto const job = job_named("web");
    auto text = executions_text({{job.id.to_string(), {job, Ports{}, model::Goal::start}}});
    text.insert(1, R"("bad:1" : 7,)");
    rig.files.content["/state/executions.json"] = text;
    auto const state = rig.open();
    REQUIRE(state);
    CHECK(state->executions.size() == 1);
    CHECK(rig.files.content.at("/state/executions.json.corrupt-77") == text);
    CHECK(rig.log.size() == 1);
}

TEST_CASE("agent: a part of the list of tasks is no snapshot: what it lacks may be wanted") {
    Rig rig;
    auto const job = job_named("web");
    Tasks const tasks{{job.id.to_string(), {.job = job}}};
    auto damaged = tasks_text(tasks, "/config/hosts/h1/jobs");
    damaged.insert(1, R"("/config/hosts/h1/jobs/bad:1" : 7,)");
    rig.files.content["/state/task-config.json"] = damaged;
    CHECK(!rig.open().value().tasks);
    // The host had another name then.
    rig.files.content["/state/task-config.json"] = tasks_text(tasks, "/config/hosts/old/jobs");
    CHECK(!rig.open().value().tasks);
    rig.files.content["/state/task-config.json"] = tasks_text(tasks, "/config/hosts/h1/jobs");
    CHECK(rig.open().value().tasks);
}

TEST_CASE("agent: an empty list of tasks is a snapshot, a missing or empty file is none") {
    Rig rig;
    CHECK(!rig.open().value().tasks);
    rig.files.content["/state/task-config.json"] = "";
    CHECK(!rig.open().value().tasks);
    rig.files.content["/state/task-config.json"] = "{ }";
    CHECK(rig.open().value().tasks == Tasks{});
}

TEST_CASE("agent: a damaged id is set aside, and is not believed") {
    for (auto const& damaged : {std::string("A\0B", 3), std::string("a b"), std::string("\xff")}) {
        Rig rig;
        rig.files.content["/state/id"] = damaged;
        CHECK(rig.open().value().id.empty());
        CHECK(rig.files.content.at("/state/id.corrupt-77") == damaged);
        rig.options.id = "NEW";
        CHECK(rig.open().value().id == "NEW");
        CHECK(rig.files.content.at("/state/id") == "NEW");
    }
}

TEST_CASE("agent: a damaged heliosd.json is set aside, and its list of tasks taken for unknown") {
    Rig rig;
    rig.files.content["/state/heliosd.json"] = "{";
    auto const state = rig.open();
    REQUIRE(state);
    CHECK(state->own == unknown_own_state());
    CHECK(rig.files.content.at("/state/heliosd.json.corrupt-77") == "{");
    CHECK(rig.files.content.at("/state/heliosd.json") == own_state_text(unknown_own_state()));
}

TEST_CASE("agent: executions are complete when all of their file was understood") {
    Rig rig;
    CHECK(!rig.open().value().are_executions_complete);
    rig.files.content["/state/executions.json"] = "{ }";
    CHECK(rig.open().value().are_executions_complete);
    rig.files.content["/state/executions.json"] = R"({"bad:1":7})";
    CHECK(!rig.open().value().are_executions_complete);
}

} // namespace
} // namespace heliosd::agent
