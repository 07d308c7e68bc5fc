// SPDX-License-Identifier: Apache-2.0
// What a master says when it refuses or fails.
#include "base/log.h"
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;
using test::word;

Async<void> refuses(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const unknown = "x:1:" + std::string(40, 'f');
    struct Row {
        std::string method, target, body;
        int status;
        char const* reason;
    };
    std::vector<Row> const rows{
        {"GET", "/nowhere", "", 404, "there is no such path"},
        {"DELETE", "/masters", "", 405, "this path has no such method; Allow names those it has"},
        {"BREW", "/masters", "", 405, "there is no such method"},
        {"GET", "/jobs/%zz", "", 400, "the path has a malformed percent escape"},
        {"GET", "/jobs/a:b:c:d", "", 404, "that is not a job id"},
        {"GET", "/jobs/a:b:c:d/status", "", 404, "that is not a job id"},
        {"DELETE", "/jobs/a:b:c:d", "", 404, "that is not a job id"},
        {"GET", "/history/jobs/a:b:c:d", "", 404, "that is not a job id"},
        {"GET", "/hosts/h/jobs/a:b:c:d", "", 404, "that is not a job id"},
        {"PUT", "/hosts/h/jobs/a:b:c:d", "{}", 404, "that is not a job id"},
        {"PATCH", "/hosts/h/jobs/a:b:c:d", "{}", 404, "that is not a job id"},
        {"DELETE", "/hosts/h/jobs/a:b:c:d", "", 404, "that is not a job id"},
        {"GET", "/hosts/h/jobs/a:1", "", 400, "the job id must have a name, a version and a hash"},
        {"GET", "/hosts/h/jobs/" + unknown, "", 404, "the job is not deployed on that host"},
        {"GET", "/hosts/h/status", "", 404, "there is no such host with that status"},
        {"GET", "/jobs/" + unknown, "", 404, "there is no such job"},
        {"GET", "/jobs/" + unknown + "/status", "", 404, "there is no such job"},
        {"POST", "/jobs", "", 415, "the Content-Type must be application/json"},
        {"POST", "/jobs/statuses", "", 415, "the Content-Type must be application/json"},
        {"POST", "/hosts/statuses", "", 415, "the Content-Type must be application/json"},
    };
    for (auto const& row : rows) {
        INFO(row.method << " " << row.target);
        auto const answer = co_await master.call(row.method, row.target, row.body);
        CHECK(answer.status == row.status);
        CHECK(answer.body.empty());
        CHECK(answer.reason == row.reason);
    }
    auto const kind = co_await master.call("GET", "/jobs", "", {{"Accept", "text/html"}});
    CHECK(kind.status == 406);
    CHECK(kind.reason.starts_with("the Accept header must admit application/json"));
}
TEST_CASE("master: every refusal says why, in the status line where the body has to be empty") {
    MasterCluster cluster;
    cluster.run(refuses(cluster));
}

Async<void> throws(MasterCluster& cluster) {
    auto& master = cluster.first();
    std::string logged;
    log::set_sink([&](std::string_view line) { logged += line; });
    master.faults.on_multi = [](auto const&) { throw std::runtime_error("a bug"); };
    auto const failed = co_await master.call("POST", "/jobs?token=secret&user=maria",
                                             R"({"id":"a:1","image":"busybox"})");
    log::set_sink({});
    CHECK(failed.status == 500);
    CHECK(logged.find("POST /jobs") != std::string::npos);
    CHECK(logged.find("a bug") != std::string::npos);
    CHECK(logged.find("secret") == std::string::npos);
}
TEST_CASE("master: what throws is logged without the query, which may hold a token") {
    MasterCluster cluster;
    cluster.run(throws(cluster));
}

std::string message_of(test::ApiAnswer const& answer) {
    return test::text_at(answer, "message");
}

Async<void> silence(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto& clock = cluster.world.clock;
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    co_await cluster.add_host("h1");

    // A read changes nothing, and neither does a write that never got to writing.
    master.faults.freeze();
    auto const began = clock.now();
    auto const history = co_await master.call("GET", "/history/jobs/" + a);
    CHECK(history.status == 500);
    CHECK(message_of(history).starts_with("ZooKeeper did not answer in time, so nothing was"));
    auto const unsent = co_await deploy(master, "h1", a);
    CHECK(unsent.status == 500);
    CHECK(message_of(unsent).starts_with("ZooKeeper did not answer in time, so nothing was"));
    CHECK(clock.now() - began <= 18s);
    master.faults.thaw();
    co_await cluster.settle();

    master.faults.on_multi = [&](auto const&) { master.faults.freeze(); };
    auto const sent = co_await deploy(master, "h1", a);
    CHECK(sent.status == 500);
    CHECK(message_of(sent).find("may or may not have been made") != std::string::npos);
}
TEST_CASE("master: after silence it says whether something may have been changed") {
    MasterCluster cluster;
    cluster.run(silence(cluster));
}

Async<void> keeps_looking(MasterCluster& cluster) {
    auto& master = cluster.first();
    co_await cluster.add_host("h1");
    auto const lose = [&] {
        master.store->fail_next_write(store::EmbeddedStore::WriteFault::unanswered);
        // And for three seconds nobody can tell.
        master.faults.failing_syncs = 0;
        master.faults.on_multi = [&](auto const&) { master.faults.failing_syncs = 36; };
    };
    lose();
    auto const created = co_await master.call("POST", "/jobs", R"({"id":"a:1","image":"busybox"})");
    CHECK(word(created) == "OK");
    auto const a = test::text_at(created, "id");
    lose();
    auto const deployed = co_await deploy(master, "h1", a);
    CHECK(word(deployed) == "OK");
    lose();
    auto const stopped =
        co_await master.call("PATCH", "/hosts/h1/jobs/" + a, test::deployment_body(a, "STOP"));
    CHECK(word(stopped) == "OK");
    lose();
    auto const undeployed = co_await master.call("DELETE", "/hosts/h1/jobs/" + a);
    CHECK(word(undeployed) == "OK");
    lose();
    auto const removed = co_await master.call("DELETE", "/jobs/" + a);
    CHECK(word(removed) == "OK");
    lose();
    auto const registered = co_await master.call("PUT", "/hosts/h2?id=x");
    CHECK(registered.status == 200);
    lose();
    auto const deregistered = co_await master.call("DELETE", "/hosts/h2");
    CHECK(word(deregistered) == "OK");
}
TEST_CASE("master: a write whose answer got lost is looked up until ZooKeeper tells") {
    MasterCluster cluster;
    cluster.run(keeps_looking(cluster));
}

} // namespace
} // namespace heliosd::master
