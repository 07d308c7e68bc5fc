// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/container_table.h"

#include "support/catch.h"

#include "unit/agent/jobs.h"
#include <optional>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using State = ContainerState;
using Labels = std::map<std::string, std::string>;

constexpr SteadyTime start{1h};
auto const web = test::job_named("web").id;

docker::ContainerSummary listed(std::string id, std::string state, Labels labels = {},
                                std::string name = {}) {
    if (name.empty()) name = labels.empty() ? "x" : "helios-ID-web_1_0123456_" + id;
    return {std::move(id), {std::move(name)}, std::move(state), std::move(labels)};
}
docker::Event event(std::string action, std::string id, Labels attributes = {}) {
    return {std::move(action), std::move(id), std::move(attributes)};
}
Labels const labels{{"helios.agent.id", "ID"},
                    {"helios.job.id", web.to_string()},
                    {"name", "helios-ID-web_1_0123456_ab"}};

TEST_CASE("agent: containers are known by label, by name or by record") {
    ContainerTable table("ID");
    table.add_job(web);
    table.claim("recorded", "job-of-record");
    table.replace({listed("labelled", "running", labels),
                   listed("named", "running", {}, "helios-ID-web_1_0123456_ab"),
                   listed("named-only", "running", {}, "helios-ID-other_1_7654321_ab"),
                   listed("recorded", "paused"),
                   listed("foreign", "running", {{"helios.agent.id", "IDX"}}),
                   listed("of-a-commit", "running", labels, "debug-shell"),
                   listed("foreign-name", "running", {}, "helios-IDX-web_1_0123456_ab"),
                   listed("nobody", "running")},
                  start);
    CHECK(table.find_id("labelled")->job == web.to_string());
    CHECK(table.find_id("named")->job == web.to_string());
    CHECK(table.find_id("named-only")->job.empty());
    CHECK(table.find_id("recorded")->job == "job-of-record");
    CHECK(table.find_id("recorded")->state == State::running);
    CHECK(table.rows().size() == 4);
}

TEST_CASE("agent: events change what the last list said") {
    ContainerTable table("ID");
    table.replace({listed("a", "running", labels)}, start);
    table.apply(event("create", "b", labels), start + 1s);
    CHECK(table.find(web.to_string(), State::created)->id == "b");
    table.apply(event("start", "b", labels), start + 2s);
    CHECK(table.find_id("b")->state == State::running);
    CHECK(table.find_id("b")->since == start + 2s);
    table.apply(event("die", "a"), start + 3s);
    CHECK(!table.is_alive("a"));
    table.apply(event("destroy", "b"), start + 4s);
    CHECK(table.rows().empty());
}

TEST_CASE("agent: an event during a list is not undone by the list, which may be older") {
    ContainerTable table("ID");
    std::optional<ContainerTable::ListInProgress> first(std::in_place, table);
    std::optional<ContainerTable::ListInProgress> second(std::in_place, table);
    table.apply(event("start", "new", labels), start);
    table.apply(event("die", "old", labels), start);
    table.replace({listed("old", "running", labels)}, start);
    first.reset();
    CHECK(table.is_alive("new"));
    CHECK(!table.is_alive("old"));
    table.replace({listed("old", "running", labels)}, start);
    second.reset();
    CHECK(!table.is_alive("old"));
    ContainerTable::ListInProgress const third(table);
    table.replace({}, start);
    CHECK(table.rows().empty());
}

TEST_CASE("agent: how long a container is in its state outlasts lists") {
    ContainerTable table("ID");
    table.replace({listed("a", "created", labels)}, start);
    table.replace({listed("a", "created", labels)}, start + 1min);
    CHECK(table.find_id("a")->since == start);
    table.replace({listed("a", "running", labels)}, start + 2min);
    CHECK(table.find_id("a")->since == start + 2min);
}

TEST_CASE("agent: the newest of several containers of a job is found") {
    ContainerTable table("ID");
    auto older = listed("a", "running", labels);
    auto newer = listed("b", "running", labels);
    older.created = 10;
    newer.created = 20;
    table.replace({newer, older}, start);
    CHECK(table.find(web.to_string(), State::running)->id == "b");
    CHECK(!table.find("other", State::running));
}

} // namespace
} // namespace heliosd::agent
