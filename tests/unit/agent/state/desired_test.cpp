// SPDX-License-Identifier: Apache-2.0
#include "agent/state/desired.h"

#include "support/catch.h"
#include "unit/agent/jobs.h"

namespace heliosd::agent {
namespace {

using test::job_named;

std::string const root = "/config/hosts/h/jobs";

store::Change task_node(std::string name, std::optional<std::string> text = {}) {
    auto const job = job_named(std::move(name));
    model::Task const task{.job = job};
    auto data = text ? *text : json::write(to_json(task, model::Mode::common));
    return {root + "/" + job.id.to_string(), store::Node{std::move(data), {}}};
}
store::Change const root_there{root, store::Node{}};
store::Change const root_gone{root, std::nullopt};

std::size_t count(DesiredState const& state) {
    return state.tasks ? state.tasks->size() : 999;
}

TEST_CASE("agent: a snapshot replaces the tasks, except those that it cannot read") {
    DesiredState state;
    apply_batch(state, root, {true, {root_there, task_node("a"), task_node("b")}});
    CHECK(count(state) == 2);
    apply_batch(state, root, {true, {root_there, task_node("a", "?")}});
    CHECK(count(state) == 1);
    CHECK(state.parse_errors.size() == 1);
    apply_batch(state, root, {true, {root_there}});
    CHECK(count(state) == 0);
}

TEST_CASE("agent: a task that never could be read is remembered as there until it goes") {
    DesiredState state;
    auto const job = job_named("a").id.to_string();
    apply_batch(state, root, {true, {root_there, task_node("a", "?")}});
    CHECK(count(state) == 0);
    CHECK(state.unparsable == std::set{job});
    apply_batch(state, root, {false, {task_node("a")}});
    CHECK(count(state) == 1);
    CHECK(state.unparsable.empty());
    state = {};
    apply_batch(state, root, {true, {root_there, task_node("a", "?")}});
    apply_batch(state, root, {true, {root_there}});
    CHECK(state.unparsable.empty());
}

TEST_CASE("agent: a host that does not exist says nothing about its tasks") {
    DesiredState state;
    apply_batch(state, root, {true, {root_gone}});
    CHECK(!state.tasks);
    apply_batch(state, root, {false, {root_there, task_node("a")}});
    CHECK(count(state) == 1);
    auto removal = task_node("a");
    removal.node.reset();
    apply_batch(state, root, {false, {root_gone, removal}});
    CHECK(count(state) == 1);
    apply_batch(state, root, {false, {root_there}});
    apply_batch(state, root, {false, {removal}});
    CHECK(count(state) == 0);
}

TEST_CASE("agent: a node that holds another job than its name says is not believed") {
    DesiredState state;
    auto liar = task_node("a");
    liar.path = task_node("b").path;
    apply_batch(state, root, {true, {root_there, liar}});
    CHECK(count(state) == 0);
    CHECK(state.parse_errors.size() == 1);
}

TEST_CASE("agent: an orphan stays in the picture until it is listed again") {
    auto const job = job_named("a").id.to_string();
    DesiredState state;
    apply_batch(state, root, {true, {root_there, task_node("a")}});
    state.own.orphans = {job};
    apply_batch(state, root, {true, {root_there, task_node("b")}});
    CHECK(count(state) == 2);
    CHECK(state.own.orphans == std::set{job});
    apply_batch(state, root, {false, {task_node("a")}});
    CHECK(state.own.orphans.empty());
    apply_batch(state, root, {true, {root_there, task_node("b")}});
    CHECK(count(state) == 1);
}

TEST_CASE("agent: the picture says which node the list was") {
    DesiredState state;
    store::Node const first{"", {.czxid = 7, .ctime = 1000}};
    apply_batch(state, root, {true, {{root, first}, task_node("a")}});
    CHECK(state.own.list == NodeIdentity{7, 1000});
    apply_batch(state, root, {false, {root_gone}});
    CHECK(state.own.list == NodeIdentity{7, 1000});
    apply_batch(state, root, {false, {{root, store::Node{"", {.czxid = 9, .ctime = 2000}}}}});
    CHECK(state.own.list == NodeIdentity{9, 2000});
}

TEST_CASE("agent: which tasks were undeployed and which the cluster has lost") {
    store::Stat const same{.czxid = 7, .ctime = 1000, .cversion = 3};
    store::Stat const other{.czxid = 9, .ctime = 2000, .cversion = 3};
    store::Stat const same_number{.czxid = 7, .ctime = 2000, .cversion = 3};
    store::Stat const untouched{.czxid = 9, .ctime = 2000, .cversion = 0};
    NodeIdentity const known{7, 1000};
    struct Row {
        char const* what;
        std::optional<NodeIdentity> known;
        std::optional<store::Stat> now;
        Absence without_jobs;
    };
    for (auto const& row : {
             Row{"the list they stood on", known, same, Absence::undeployed},
             Row{"another list", known, other, Absence::lost},
             Row{"another list with the same number", known, same_number, Absence::lost},
             Row{"another list that never had anything on it", known, untouched, Absence::lost},
             Row{"no list", known, std::nullopt, Absence::lost},
             Row{"a list, nobody knows which", std::nullopt, same, Absence::undeployed},
             Row{"a list that never had them on it", std::nullopt, untouched, Absence::lost},
             Row{"no list, nor known to have been one", std::nullopt, std::nullopt, Absence::lost},
         }) {
        INFO(row.what);
        OwnState const own{.list = row.known, .listed = {}, .orphans = {}};
        CHECK(decide_absence(own, "a", row.now, false) == row.without_jobs);
        // A cluster that still has the jobs has its data.
        CHECK(decide_absence(own, "a", row.now, true) == Absence::undeployed);
    }
}

TEST_CASE("agent: a task that is younger than the list it is missing on was lost with a backup") {
    OwnState const own{.list = NodeIdentity{7, 1000}, .listed = {{"a", 20}}, .orphans = {}};
    struct Row {
        char const* what;
        store::Stat now;
        Absence absence;
    };
    for (auto const& row : {
             Row{"its removal made the list younger",
                 {.czxid = 7, .pzxid = 21, .ctime = 1000},
                 Absence::undeployed},
             Row{"the list was set back", {.czxid = 7, .pzxid = 19, .ctime = 1000}, Absence::lost},
             Row{"the host was removed, and came back",
                 {.czxid = 22, .pzxid = 22, .ctime = 2000},
                 Absence::undeployed},
             Row{"the host came back to a cluster that was set back",
                 {.czxid = 9, .pzxid = 9, .ctime = 2000},
                 Absence::lost},
         }) {
        INFO(row.what);
        CHECK(decide_absence(own, "a", row.now, true) == row.absence);
    }
    CHECK(decide_absence(own, "unknown", {{.czxid = 7, .pzxid = 19, .ctime = 1000}}, true) ==
          Absence::undeployed);
}

TEST_CASE("agent: the picture says since when each task has been on the list") {
    auto a = task_node("a"), b = task_node("b");
    auto const id_a = job_named("a").id.to_string(), id_b = job_named("b").id.to_string();
    a.node->stat.czxid = 8;
    b.node->stat.czxid = 9;
    using Listed = std::map<std::string, std::int64_t>;
    DesiredState state;
    apply_batch(state, root, {true, {root_there, a, b}});
    CHECK(state.own.listed == Listed{{id_a, 8}, {id_b, 9}});
    apply_batch(state, root, {false, {{b.path, std::nullopt}}});
    CHECK(state.own.listed == Listed{{id_a, 8}});
    a.node->stat.czxid = 11;
    apply_batch(state, root, {false, {a}});
    CHECK(state.own.listed == Listed{{id_a, 11}});
    apply_batch(state, root, {true, {root_there, b}});
    CHECK(state.own.listed == Listed{{id_b, 9}});
}

} // namespace
} // namespace heliosd::agent
