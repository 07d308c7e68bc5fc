// SPDX-License-Identifier: Apache-2.0
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using test::ApiAnswer;
using test::create;
using test::deploy;
using test::deployment_body;
using test::MasterCluster;
using test::word;

constexpr char const* on_8080 = R"({"id":"a:1","image":"busybox","token":"secret",
    "ports":{"http":{"internalPort":80,"externalPort":8080}}})";
constexpr char const* also_on_8080 = R"({"id":"b:1","image":"busybox",
    "ports":{"dns":{"internalPort":53,"externalPort":8080,"protocol":"udp"}}})";

std::string document(std::string status, std::string host, std::string job) {
    return R"({"status":")" + status + R"(","host":")" + host + R"(","job":")" + job + "\"}";
}

Async<void> deploys(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, on_8080);
    auto const b = co_await create(master, also_on_8080);
    co_await cluster.add_host("h1");
    auto const at = "/hosts/h1/jobs/" + a;
    auto const body = deployment_body(a, "START");

    auto const forbidden = co_await master.call("PUT", at + "?token=guess&user=m", body);
    CHECK(forbidden.status == 403);
    CHECK(forbidden.body == document("FORBIDDEN", "h1", a));
    auto const nowhere =
        co_await master.call("PUT", "/hosts/h9/jobs/" + a + "?token=secret&user=m", body);
    CHECK(nowhere.status == 400);
    CHECK(nowhere.body == document("HOST_NOT_FOUND", "h9", a));
    auto const unusable =
        co_await master.call("PUT", "/hosts/%01/jobs/" + a + "?token=secret", body);
    CHECK(word(unusable) == "HOST_NOT_FOUND");

    auto const done = co_await master.call("PUT", at + "?token=secret&user=maria", body);
    CHECK(done.status == 200);
    CHECK(done.body == document("OK", "h1", a));
    auto const seen = co_await master.call("GET", at);
    CHECK(seen.status == 200);
    CHECK(seen.body == R"({"goal":"START","deployerUser":"maria","jobId":")" + a + "\"}");
    REQUIRE(cluster.has("/config/hosts/h1/ports/8080"));
    CHECK(cluster.ensemble.tree().find("/config/hosts/h1/ports/8080")->data == '"' + a + '"');
    CHECK(cluster.has("/config/jobs/" + a + "/hosts/h1"));

    auto const again = co_await master.call("PUT", at + "?token=secret", body);
    CHECK(again.status == 400);
    CHECK(again.body == document("JOB_ALREADY_DEPLOYED", "h1", a));
    auto const conflict = co_await deploy(master, "h1", b);
    CHECK(conflict.status == 400);
    CHECK(conflict.body == document("PORT_CONFLICT", "h1", b));
    auto const in_use = co_await master.call("DELETE", "/jobs/" + a + "?token=secret");
    CHECK(in_use.status == 400);
    CHECK(in_use.body == R"({"status":"STILL_IN_USE"})");
    auto const unknown = "x:1:" + std::string(40, 'f');
    auto const no_job = co_await deploy(master, "h1", unknown);
    CHECK(no_job.status == 400);
    CHECK(no_job.body == document("JOB_NOT_FOUND", "h1", unknown));
}
TEST_CASE("master: every outcome of a deployment") {
    MasterCluster cluster;
    cluster.run(deploys(cluster));
}

Async<void> left_over_claim(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox",
        "ports":{"http":{"internalPort":80,"externalPort":8080}}})");
    co_await cluster.add_host("h1");
    co_await cluster.put("/config/hosts/h1/ports/8080", '"' + a + '"');
    auto const refused = co_await deploy(master, "h1", a);
    CHECK(refused.status == 400);
    CHECK(refused.body == document("PORT_CONFLICT", "h1", a));
    co_await cluster.drop("/config/hosts/h1/ports/8080");
    auto const deployed = co_await deploy(master, "h1", a);
    CHECK(deployed.status == 200);
}
TEST_CASE("master: a port claim that the job itself left over is a conflict, not a failure") {
    MasterCluster cluster;
    cluster.run(left_over_claim(cluster));
}

Async<void> checks_input(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    auto const b = co_await create(master, R"({"id":"b:1","image":"busybox"})");
    co_await cluster.add_host("h1");
    auto const at = "/hosts/h1/jobs/" + a;

    auto const short_id =
        co_await master.call("PUT", "/hosts/h1/jobs/a:1", deployment_body("a:1", "START"));
    CHECK(short_id.status == 400);
    CHECK(short_id.body == document("INVALID_ID", "h1", "a:1"));
    auto const mismatch = co_await master.call("PUT", at, deployment_body(b, "START"));
    CHECK(mismatch.status == 400);
    CHECK(mismatch.body == document("ID_MISMATCH", "h1", a));
    auto const no_id =
        co_await master.call("PUT", "/hosts/h1/jobs/a:b:c:d", deployment_body(a, "START"));
    CHECK(no_id.status == 404);
    for (auto const& body :
         {std::string("{}"), R"({"jobId":")" + a + "\"}", std::string(R"({"goal":"START"})"),
          deployment_body(a, "UNDEPLOY"), deployment_body(a, "RUN"), std::string("{")}) {
        auto const bad = co_await master.call("PUT", at, body);
        CHECK(bad.status == 400);
        CHECK(bad.document().find("message"));
    }
    auto const nothing =
        co_await master.call("PUT", at, "", {{"Content-Type", "application/json"}});
    CHECK(nothing.status == 422);
    CHECK(mismatch.headers.find("Helios-Version-Status"));
    CHECK_FALSE(cluster.has("/config/hosts/h1/jobs/" + a));

    // Constants are read as the reference reads them, and `job` is another name of `jobId`.
    auto const lenient =
        co_await master.call("PUT", at, R"({"goal":" start ","job":")" + a + "\"}");
    CHECK(word(lenient) == "OK");
}
TEST_CASE("master: a deployment that makes no sense is refused before anything is written") {
    MasterCluster cluster;
    cluster.run(checks_input(cluster));
}

Async<void> sets_goals(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, on_8080);
    auto const b = co_await create(master, R"({"id":"b:1","image":"busybox"})");
    co_await cluster.add_host("h1");
    auto const at = "/hosts/h1/jobs/" + a;
    auto const deployed =
        co_await master.call("PUT", at + "?token=secret&user=maria", deployment_body(a, "START"));
    CHECK(deployed.status == 200);

    auto const stop = deployment_body(a, "STOP");
    auto const done = co_await master.call("PATCH", at + "?token=secret&user=bob", stop);
    CHECK(done.status == 200);
    CHECK(done.body == document("OK", "h1", a));
    auto const seen = co_await master.call("GET", at);
    CHECK(seen.body == R"({"goal":"STOP","deployerUser":"maria","jobId":")" + a + "\"}");
    auto const again = co_await master.call("PATCH", at + "?token=secret", stop);
    CHECK(again.status == 200);

    auto const forbidden = co_await master.call("PATCH", at, stop);
    CHECK(forbidden.status == 403);
    CHECK(forbidden.body == document("FORBIDDEN", "h1", a));
    auto const mismatch = co_await master.call("PATCH", at, deployment_body(b, "STOP"));
    CHECK(mismatch.status == 400);
    CHECK(mismatch.body == document("ID_MISMATCH", "h1", a));
    auto const no_host =
        co_await master.call("PATCH", "/hosts/h9/jobs/" + b, deployment_body(b, "STOP"));
    CHECK(no_host.status == 404);
    CHECK(no_host.body == document("HOST_NOT_FOUND", "h9", b));
    auto const not_deployed =
        co_await master.call("PATCH", "/hosts/h1/jobs/" + b, deployment_body(b, "STOP"));
    CHECK(not_deployed.status == 404);
    CHECK(not_deployed.body == document("JOB_NOT_DEPLOYED", "h1", b));
    // The id need not be complete to be looked at.
    auto const short_id =
        co_await master.call("PATCH", "/hosts/h1/jobs/a:1", deployment_body("a:1", "STOP"));
    CHECK(short_id.status == 404);
    CHECK(short_id.body == document("JOB_NOT_DEPLOYED", "h1", "a:1"));
    auto const no_goal = co_await master.call("PATCH", at, R"({"jobId":")" + a + "\"}");
    CHECK(no_goal.status == 400);
}
TEST_CASE("master: every outcome of setting a goal, which keeps who deployed") {
    MasterCluster cluster;
    cluster.run(sets_goals(cluster));
}

Async<void> undeploys(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, on_8080);
    co_await cluster.add_host("h1");
    auto const at = "/hosts/h1/jobs/" + a;
    auto const deployed =
        co_await master.call("PUT", at + "?token=secret", deployment_body(a, "STOP"));
    CHECK(deployed.status == 200);

    auto const forbidden = co_await master.call("DELETE", at + "?token=x");
    CHECK(forbidden.status == 403);
    CHECK(forbidden.body == document("FORBIDDEN", "h1", a));
    auto const no_host = co_await master.call("DELETE", "/hosts/h9/jobs/" + a);
    CHECK(no_host.status == 404);
    CHECK(no_host.body == document("HOST_NOT_FOUND", "h9", a));
    auto const short_id = co_await master.call("DELETE", "/hosts/h1/jobs/a:1");
    CHECK(short_id.status == 400);
    CHECK(short_id.body == document("INVALID_ID", "h1", "a:1"));

    auto const done = co_await master.call("DELETE", at + "?token=secret&user=m");
    CHECK(done.status == 200);
    CHECK(done.body == document("OK", "h1", a));
    CHECK_FALSE(cluster.has("/config/hosts/h1/jobs/" + a));
    CHECK_FALSE(cluster.has("/config/hosts/h1/ports/8080"));
    CHECK_FALSE(cluster.has("/config/jobs/" + a + "/hosts/h1"));
    auto const gone = co_await master.call("GET", at);
    CHECK(gone.status == 404);
    auto const again = co_await master.call("DELETE", at + "?token=secret");
    CHECK(again.status == 404);
    CHECK(again.body == document("JOB_NOT_FOUND", "h1", a));
    auto const removed = co_await master.call("DELETE", "/jobs/" + a + "?token=secret");
    CHECK(removed.status == 200);
}
TEST_CASE("master: every outcome of undeploying") {
    MasterCluster cluster;
    cluster.run(undeploys(cluster));
}

Async<void> undeploys_orphan(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, on_8080);
    co_await cluster.add_host("h1");
    auto const at = "/hosts/h1/jobs/" + a;
    auto const deployed =
        co_await master.call("PUT", at + "?token=secret", deployment_body(a, "START"));
    CHECK(deployed.status == 200);
    auto const children = co_await master.store->children("/config/jobs/" + a);
    co_await cluster.drop("/config/jobs/" + a + "/hosts/h1");
    for (auto const& child : *children) co_await cluster.drop("/config/jobs/" + a + "/" + child);
    co_await cluster.drop("/config/jobs/" + a);
    // Nobody is left who could know the token (B5).
    auto const done = co_await master.call("DELETE", at);
    CHECK(done.status == 200);
    CHECK_FALSE(cluster.has("/config/hosts/h1/ports/8080"));
}
TEST_CASE("master: a deployment whose job is gone can be undeployed") {
    MasterCluster cluster;
    cluster.run(undeploys_orphan(cluster));
}

Async<void> reads_one(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    for (auto target : {"/hosts/h9/jobs/" + a, "/hosts/h9/jobs/x:1:" + std::string(40, 'f'),
                        std::string("/hosts/h9/jobs/a:b:c:d")}) {
        auto const absent = co_await master.call("GET", target);
        CHECK(absent.status == 404);
        CHECK(absent.body.empty());
    }
    auto const short_id = co_await master.call("GET", "/hosts/h9/jobs/a:1");
    CHECK(short_id.status == 400);
    CHECK(short_id.body.empty());
}
TEST_CASE("master: a deployment that is not there is 404, an incomplete id 400, both empty") {
    MasterCluster cluster;
    cluster.run(reads_one(cluster));
}

} // namespace
} // namespace heliosd::master
