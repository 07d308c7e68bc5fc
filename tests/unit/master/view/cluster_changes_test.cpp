// SPDX-License-Identifier: Apache-2.0
// The change feed: what each change of the tree yields, and what slow listeners get.
#include "master/view/cluster_view.h"

#include "support/catch.h"
#include "support/run.h"

#include <fmt/format.h>

#include <ranges>

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using Kind = ChangeKind;

std::string const job_text = R"({"id":"a:1:h","image":"busybox"})";
std::string const task_text =
    R"({"goal":"START","deployerUser":"maria","deployerMaster":"m1","deploymentGroupName":"g",)"
    R"("job":)" +
    job_text + "}";
std::string const status_text = R"({"state":"RUNNING","job":)" + job_text + "}";

store::Change present(std::string path, std::string data, std::int64_t zxid) {
    return {std::move(path), store::Node{std::move(data), {.czxid = zxid, .mzxid = zxid}}};
}
store::Change absent(std::string path) {
    return {std::move(path), std::nullopt};
}

/// A change in short: kind, host, job, which of `before` and `after` there is, transaction.
std::string brief(ClusterChange const& change) {
    auto const there = [](ChangeValue const& value) { return value.index() == 0 ? '-' : '+'; };
    return fmt::format("{} {}/{} {}{} {}", static_cast<int>(change.kind), change.host, change.job,
                       there(change.before), there(change.after), change.zxid);
}
std::vector<std::string> brief(Applied const& applied) {
    std::vector<std::string> out;
    for (auto const& change : applied.changes) out.push_back(brief(change));
    return out;
}
std::string expected(Kind kind, std::string_view host, std::string_view job, std::string_view there,
                     int zxid) {
    return fmt::format("{} {}/{} {} {}", static_cast<int>(kind), host, job, there, zxid);
}

struct Row {
    char const* path;
    std::string data;
    Kind kind;
    char const *host, *job;
};
std::vector<Row> const rows{
    {"/config/jobs/a:1:h", job_text, Kind::job, "", "a:1:h"},
    {"/config/hosts/h", "", Kind::host, "h", ""},
    {"/config/hosts/h/id", "x", Kind::registration, "h", ""},
    {"/config/hosts/h/jobs/a:1:h", task_text, Kind::task, "h", "a:1:h"},
    {"/status/hosts/h", "", Kind::agent, "h", ""},
    {"/status/hosts/h/up", "", Kind::up, "h", ""},
    {"/status/hosts/h/labels", R"({"a":"b"})", Kind::labels, "h", ""},
    {"/status/hosts/h/environment", R"({"C":"d"})", Kind::environment, "h", ""},
    {"/status/hosts/h/hostinfo", R"({"hostname":"h"})", Kind::host_info, "h", ""},
    {"/status/hosts/h/agentinfo", R"({"name":"x"})", Kind::agent_info, "h", ""},
    {"/status/hosts/h/jobs/a:1:h", status_text, Kind::status, "h", "a:1:h"},
    {"/status/masters/m/up", "", Kind::master, "m", ""},
};

TEST_CASE("master: each node that is followed yields its change, once") {
    ClusterView view;
    int zxid = 10;
    for (auto const& row : rows) {
        INFO(row.path);
        auto const came = view.apply(present(row.path, row.data, ++zxid));
        CHECK(brief(came) == std::vector{expected(row.kind, row.host, row.job, "-+", zxid)});
        // The same data in a later transaction is no change; `up` is, as it is another session's.
        auto const again = view.apply(present(row.path, row.data, ++zxid));
        CHECK(again.changes.size() == (row.kind == Kind::up ? 1 : 0));
    }
    CHECK(view.revision() == rows.size() + 1);
    for (auto const& row : rows | std::views::reverse) {
        INFO(row.path);
        auto const went = view.apply(absent(row.path), ++zxid);
        auto const& changes = went.changes;
        REQUIRE(!changes.empty());
        CHECK(brief(changes.back()) == expected(row.kind, row.host, row.job, "+-", zxid));
    }
    CHECK(view.hosts().empty());
    for (auto path : {"/config/jobs", "/config/hosts/h/jobs", "/config/jobs/a:1:h/hosts/h", "/x"})
        CHECK(view.apply(present(path, "", 99)).changes.empty());
}

TEST_CASE("master: a removal takes along what is below, each with the transaction of its batch") {
    ClusterView view;
    for (auto const& row : rows) view.apply(present(row.path, row.data, 7));
    CHECK(brief(view.apply(absent("/config/hosts/h"), 20)) ==
          std::vector{expected(Kind::task, "h", "a:1:h", "+-", 20),
                      expected(Kind::registration, "h", "", "+-", 20),
                      expected(Kind::host, "h", "", "+-", 20)});
    // The follower mentions the children as well: nothing is left to say about them.
    CHECK(view.apply(absent("/config/hosts/h/id"), 20).changes.empty());
    // A batch without a transaction of its own: not older than what is known.
    auto const status = view.apply(absent("/status/hosts/h"), 0);
    CHECK(status.changes.size() == 7);
    for (auto const& change : status.changes) CHECK(change.zxid == 20);
    CHECK(view.hosts().empty());
}

TEST_CASE("master: the values before and after are typed, with who deployed") {
    ClusterView view;
    view.apply(present("/config/hosts/h/jobs/a:1:h", task_text, 1));
    auto stopped = task_text;
    stopped.replace(stopped.find("START"), 5, "STOP");
    auto const applied = view.apply(present("/config/hosts/h/jobs/a:1:h", stopped, 2));
    REQUIRE(applied.changes.size() == 1);
    auto const before = std::get<TaskPtr>(applied.changes[0].before);
    auto const after = std::get<TaskPtr>(applied.changes[0].after);
    CHECK(before->goal == model::Goal::start);
    CHECK(after->goal == model::Goal::stop);
    CHECK(after->deployer_user == "maria");
    CHECK(after->deployer_master == "m1");
    CHECK(after->deployment_group == "g");
    CHECK(after->job->id == "a:1:h");
    // A document that cannot be read counts as absent, and is a change as well.
    auto const broken = view.apply(present("/config/hosts/h/jobs/a:1:h", "{", 3));
    CHECK(broken.unreadable);
    CHECK(brief(broken) == std::vector{expected(Kind::task, "h", "a:1:h", "+-", 3)});
}

TEST_CASE("master: a change raises the revisions of the resources that show it, and no others") {
    ClusterView view;
    struct Revisions {
        std::uint64_t jobs, hosts, masters, host, job;
        bool operator==(Revisions const&) const = default;
    };
    auto const now = [&view] {
        auto const* const host = view.host("h");
        return Revisions{view.jobs_revision(), view.hosts_revision(), view.masters_revision(),
                         host ? host->revision : 0, view.job_revision("a:1:h")};
    };
    std::vector<Revisions> seen;
    for (auto const& row : rows) {
        view.apply(present(row.path, row.data, 1));
        seen.push_back(now());
    }
    CHECK(seen == std::vector<Revisions>{{1, 0, 0, 0, 1},
                                         {1, 2, 0, 2, 1},
                                         {1, 2, 0, 3, 1},
                                         {1, 2, 0, 4, 4},
                                         {1, 2, 0, 5, 4},
                                         {1, 2, 0, 6, 4},
                                         {1, 7, 0, 7, 4},
                                         {1, 7, 0, 8, 4},
                                         {1, 7, 0, 9, 4},
                                         {1, 7, 0, 10, 4},
                                         {1, 7, 0, 11, 11},
                                         {1, 7, 12, 11, 11}});
    // What was removed and made again has a greater revision than ever before.
    view.apply(absent("/config/jobs/a:1:h"));
    view.apply(absent("/config/hosts/h/jobs/a:1:h"));
    CHECK(view.job_revision("a:1:h") == 0);
    view.apply(present("/config/jobs/a:1:h", job_text, 2));
    CHECK(view.job_revision("a:1:h") == view.revision());
}

TEST_CASE("master: what a multi touches follows from its operations") {
    using Paths = std::vector<std::string>;
    CHECK(paths_touched_by(std::vector<store::Op>{
              store::Check{"/config/jobs/a:1:h"}, store::Create{"/config/hosts/h/ports/80", ""},
              store::Create{"/config/jobs/a:1:h/hosts/h", ""},
              store::Create{"/config/hosts/h/jobs/a:1:h", ""},
              store::Create{"/config/hosts/h/jobs/a:1:h/creation-u", ""}}) ==
          Paths{"/config/hosts/h/jobs/a:1:h"});
    // The counter of the jobs is set with each change: that is no reason to list them all.
    CHECK(paths_touched_by(std::vector<store::Op>{
              store::Create{"/config/jobs/a:1:h", ""}, store::Create{"/config/jobrefs/a:1", ""},
              store::Set{"/config/jobs", "u"}}) == Paths{"/config/jobs/a:1:h"});
    CHECK(paths_touched_by(std::vector<store::Op>{
              store::Remove{"/status/hosts/h/up"}, store::Remove{"/status/hosts/h"},
              store::Remove{"/status/hosts/h/up"}, store::Set{"/config/hosts/h/jobs/a:1:h", ""}}) ==
          Paths{"/config/hosts/h/jobs/a:1:h", "/status/hosts/h", "/status/hosts/h/up"});
}

ChangePtr numbered(std::uint64_t revision) {
    ClusterChange change;
    change.revision = revision;
    return std::make_shared<ClusterChange const>(change);
}
std::vector<std::uint64_t> numbers(ChangeQueue::Batch const& batch) {
    std::vector<std::uint64_t> out;
    for (auto const& change : batch.changes) out.push_back(change->revision);
    return out;
}

TEST_CASE("master: a queue of changes is bounded, and tells that it has lost some") {
    ChangeQueue queue(3);
    CHECK(queue.empty());
    for (auto n : {1, 2, 3}) queue.push(numbered(static_cast<std::uint64_t>(n)));
    auto const all = queue.take();
    CHECK_FALSE(all.overflowed);
    CHECK(numbers(all) == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(queue.empty());
    for (auto n : {4, 5, 6, 7, 8}) queue.push(numbered(static_cast<std::uint64_t>(n)));
    auto const some = queue.take();
    CHECK(some.overflowed);
    CHECK(numbers(some) == std::vector<std::uint64_t>{7, 8});
    CHECK_FALSE(queue.take().overflowed);
}

Async<void> listens(test::World& world) {
    ChangeFeed feed;
    feed.publish({ClusterChange{.revision = 1}});
    ChangeFeed::Listener one(feed, world.executor(), 10), small(feed, world.executor(), 1);
    feed.publish({ClusterChange{.revision = 2}, ClusterChange{.revision = 3}});
    auto const began = world.clock.now();
    co_await one.wait_for(world.clock, 1h);
    CHECK(world.clock.now() == began);
    CHECK(numbers(one.take()) == std::vector<std::uint64_t>{2, 3});
    CHECK(small.take().overflowed);
    {
        ChangeFeed::Listener gone(feed, world.executor(), 10);
    }
    feed.publish({ClusterChange{.revision = 4}});
    CHECK(numbers(one.take()) == std::vector<std::uint64_t>{4});
    co_await one.wait_for(world.clock, 1s); // a wake-up for what has been taken already
    co_await one.wait_for(world.clock, 1s);
    CHECK(one.take().changes.empty());
    CHECK(world.clock.now() >= began + 1s);
}
TEST_CASE("master: every listener gets every change from its beginning on") {
    test::World world;
    world.run(listens(world));
}

} // namespace
} // namespace heliosd::master
