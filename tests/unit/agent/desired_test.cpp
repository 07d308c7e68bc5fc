// SPDX-License-Identifier: Apache-2.0
#include "agent/desired.h"

#include "jobs.h"
#include "support/catch.h"

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

std::size_t count(DesiredPicture const& picture) {
    return picture.tasks ? picture.tasks->size() : 999;
}

TEST_CASE("agent: a snapshot replaces the tasks, except those that it cannot read") {
    DesiredPicture picture;
    apply_batch(picture, root, {true, {root_there, task_node("a"), task_node("b")}});
    CHECK(count(picture) == 2);
    apply_batch(picture, root, {true, {root_there, task_node("a", "?")}});
    CHECK(count(picture) == 1);
    CHECK(picture.unreadable.size() == 1);
    apply_batch(picture, root, {true, {root_there}});
    CHECK(count(picture) == 0);
}

TEST_CASE("agent: a task that never could be read is remembered as there until it goes") {
    DesiredPicture picture;
    auto const job = job_named("a").id.to_string();
    apply_batch(picture, root, {true, {root_there, task_node("a", "?")}});
    CHECK(count(picture) == 0);
    CHECK(picture.unclear == std::set{job});
    apply_batch(picture, root, {false, {task_node("a")}});
    CHECK(count(picture) == 1);
    CHECK(picture.unclear.empty());
    picture = {};
    apply_batch(picture, root, {true, {root_there, task_node("a", "?")}});
    apply_batch(picture, root, {true, {root_there}});
    CHECK(picture.unclear.empty());
}

TEST_CASE("agent: a host that does not exist says nothing about its tasks") {
    DesiredPicture picture;
    apply_batch(picture, root, {true, {root_gone}});
    CHECK(!picture.tasks);
    apply_batch(picture, root, {false, {root_there, task_node("a")}});
    CHECK(count(picture) == 1);
    auto removal = task_node("a");
    removal.node.reset();
    apply_batch(picture, root, {false, {root_gone, removal}});
    CHECK(count(picture) == 1);
    apply_batch(picture, root, {false, {root_there}});
    apply_batch(picture, root, {false, {removal}});
    CHECK(count(picture) == 0);
}

TEST_CASE("agent: a node that holds another job than its name says is not believed") {
    DesiredPicture picture;
    auto liar = task_node("a");
    liar.path = task_node("b").path;
    apply_batch(picture, root, {true, {root_there, liar}});
    CHECK(count(picture) == 0);
    CHECK(picture.unreadable.size() == 1);
}

} // namespace
} // namespace heliosd::agent
