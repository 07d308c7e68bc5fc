// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using test::ApiAnswer;
using test::MasterCluster;
using test::word;

std::string id_of(ApiAnswer const& answer) {
    return test::text_at(answer, "id");
}
Async<std::string> create(MasterCluster& cluster, std::string body) {
    return test::create(cluster.first(), std::move(body));
}

constexpr char const* web = R"({"id":"web:1","image":"busybox:latest",
    "command":["sh","-c","sleep 3600"],"ports":{"http":{"internalPort":80,"externalPort":8080}}})";

Async<void> creates(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const created = co_await master.call("POST", "/jobs/?user=alice", web);
    CHECK(created.status == 200);
    std::string const id = "web:1:ea894201c4a2dad594ccf40a1981c06842852a04";
    CHECK(created.body == R"({"status":"OK","errors":[],"id":")" + id + "\"}");

    // Visible at once, and just as the tree has it.
    auto const listed = co_await master.call("GET", "/jobs");
    auto const job = co_await master.call("GET", "/jobs/" + id);
    CHECK(job.status == 200);
    CHECK(*listed.document().find(id) == job.document());
    CHECK(*job.document().find("creatingUser")->if_string() == "alice");
    auto const stored = cluster.ensemble.tree().find("/config/jobs/" + id);
    REQUIRE(stored);
    CHECK(stored->data.starts_with(R"({"addCapabilities":[],"command":["sh","-c","sleep 3600"])"));
    CHECK(cluster.has("/config/jobrefs/web:1"));
    CHECK(cluster.has("/config/jobs/" + id + "/hosts"));
    CHECK(cluster.has("/history/jobs/" + id));

    // Again, with the same content and with another.
    auto const again = co_await master.call("POST", "/jobs", web);
    CHECK(again.status == 400);
    CHECK(again.body == R"({"status":"JOB_ALREADY_EXISTS","errors":[],"id":")" + id + "\"}");
    auto const other =
        co_await master.call("POST", "/jobs", R"({"id":"web:1","image":"busybox:other"})");
    CHECK(word(other) == "JOB_ALREADY_EXISTS");
    CHECK(id_of(other) != id);
    // A refused job leaves no history behind (B6).
    CHECK_FALSE(cluster.has("/history/jobs/" + id_of(other)));
}
TEST_CASE("master: a created job is stored as the reference stores it and seen at once") {
    MasterCluster cluster;
    cluster.run(creates(cluster));
}

Async<void> refuses(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const invalid =
        co_await master.call("POST", "/jobs?user=a", R"({"id":"we b:1","image":"busybox:latest"})");
    CHECK(invalid.status == 400);
    CHECK(word(invalid) == "INVALID_JOB_DEFINITION");
    CHECK(*invalid.document().find("errors")->if_array()->at(0).if_string() ==
          "Job name may only contain [0-9a-zA-Z-_.] in job name [we b].");
    CHECK(id_of(invalid).starts_with("we b:1:"));

    auto const wrong_hash =
        co_await master.call("POST", "/jobs", R"({"id":"a:1:0123","image":"busybox:latest"})");
    CHECK(word(wrong_hash) == "INVALID_JOB_DEFINITION");
    CHECK(id_of(wrong_hash) == "a:1:0123");

    for (auto body : {R"({"image":"busybox"})", R"({"id":null,"image":"busybox"})"}) {
        auto const no_id = co_await master.call("POST", "/jobs", body);
        CHECK(no_id.status == 400);
        CHECK(no_id.body == R"({"status":"INVALID_JOB_DEFINITION",)"
                            R"("errors":["Job id was not specified."],"id":null})");
    }
    for (auto body : {"{", "[]", R"({"id":7,"image":"b"})", R"({"id":"a:1","ports":3})",
                      R"({"id":"a:1","image":"b","env":{"A":null}})"}) {
        auto const unreadable = co_await master.call("POST", "/jobs", body);
        CHECK(unreadable.status == 400);
        CHECK_FALSE(unreadable.document().find("message")->if_string()->empty());
    }
    auto const nothing =
        co_await master.call("POST", "/jobs", "", {{"Content-Type", "application/json"}});
    CHECK(nothing.status == 422);
    CHECK(nothing.body == R"({"errors":[]})");
    auto const null = co_await master.call("POST", "/jobs", "null");
    CHECK(null.status == 422);
    auto const capabilities = co_await master.call(
        "POST", "/jobs", R"({"id":"a:1","image":"busybox","addCapabilities":["NET_ADMIN"]})");
    CHECK(word(capabilities) == "INVALID_JOB_DEFINITION");

    auto const jobs = co_await master.call("GET", "/jobs");
    CHECK(jobs.body == "{}");
}
TEST_CASE(
    "master: a job that breaks a rule is refused with the reasons and leaves nothing behind") {
    MasterCluster cluster;
    cluster.run(refuses(cluster));
}

Async<void> media_types(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const with_type = [&](std::string type) {
        return master.call("POST", "/jobs/statuses", "[]", {{"Content-Type", std::move(type)}});
    };
    for (auto type : {"application/json", "text/json", "application/json; charset=utf-8",
                      "application/vnd.x+json", "APPLICATION/JSON"}) {
        auto const answer = co_await with_type(type);
        CHECK(answer.status == 200);
    }
    for (auto type : {"text/plain", "json", "", "application/jsonx"}) {
        auto const answer = co_await with_type(type);
        CHECK(answer.status == 415);
        CHECK(answer.body.empty());
        CHECK(answer.reason == "the Content-Type must be application/json");
    }
    auto const accepting = [&](std::string target, std::string accept) {
        return master.call("GET", std::move(target), "", {{"Accept", std::move(accept)}});
    };
    auto const java = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2";
    auto const from_java = co_await accepting("/jobs", java);
    CHECK(from_java.status == 200);
    auto const html = co_await accepting("/jobs", "text/html");
    CHECK(html.status == 406);
    auto const refused = co_await accepting("/jobs", "application/json;q=0, text/*");
    CHECK(refused.status == 406);
    auto const json_version = co_await accepting("/version", "application/json");
    CHECK(json_version.status == 406);
    auto const version = co_await accepting("/version/", "text/plain");
    CHECK(version.status == 200);
    // Of what does not exist no kind is wanted.
    auto const nowhere = co_await accepting("/nowhere", "text/html");
    CHECK(nowhere.status == 404);
    auto const no_method = co_await accepting("/masters/", "text/html");
    CHECK(no_method.status == 406);
}
TEST_CASE("master: content types are checked as the reference does") {
    MasterCluster cluster;
    cluster.run(media_types(cluster));
}

Async<void> built_in_java(MasterCluster& cluster) {
    // Java's builder hashes in the order of its calls; a hash set iterates B before C.
    auto const job =
        std::string(R"({"dropCapabilities":["C","B"],"image":"busybox","name":"n","version":"1"})");
    auto const id = "n:1:" + sha1_hex("n:1:" + sha1_hex(job));
    auto const body = [&id](std::string order) {
        return R"({"id":")" + id + R"(","image":"busybox","dropCapabilities":)" + order + "}";
    };
    auto const other = co_await cluster.first().call("POST", "/jobs", body(R"(["B","C"])"));
    CHECK(word(other) == "INVALID_JOB_DEFINITION");
    auto const created = co_await cluster.first().call("POST", "/jobs", body(R"(["C","B"])"));
    CHECK(created.body == R"({"status":"OK","errors":[],"id":")" + id + "\"}");
    CHECK(cluster.has("/config/jobs/" + id));
}
TEST_CASE("master: a job is accepted under the hash over its capabilities as submitted") {
    MasterCluster cluster;
    cluster.run(built_in_java(cluster));
}

Async<void> removes(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const id = co_await create(cluster, R"({"id":"a:1","image":"busybox","token":"secret"})");
    auto const free = co_await create(cluster, R"({"id":"b:1","image":"busybox"})");
    auto const at = "/jobs/" + id;

    auto const forbidden = co_await master.call("DELETE", at + "?token=guess&user=a");
    CHECK(forbidden.status == 403);
    CHECK(forbidden.body == R"({"status":"FORBIDDEN"})");
    auto const without = co_await master.call("DELETE", at);
    CHECK(without.status == 403);
    // A job without a token refuses requests with one [quirk].
    auto const superfluous = co_await master.call("DELETE", "/jobs/" + free + "?token=x");
    CHECK(superfluous.status == 403);

    co_await cluster.put("/history/jobs/" + id + "/hosts", "");
    co_await cluster.put("/history/jobs/" + id + "/hosts/h", "");
    co_await cluster.put("/history/jobs/" + id + "/hosts/h/events", "");
    co_await cluster.put("/history/jobs/" + id + "/hosts/h/events/17", "{}");
    auto const removed = co_await master.call("DELETE", at + "?token=secret&user=a");
    CHECK(removed.status == 200);
    CHECK(removed.body == R"({"status":"OK"})");
    auto const gone = co_await master.call("GET", at);
    CHECK(gone.status == 404);
    CHECK(gone.body.empty());
    CHECK_FALSE(cluster.has("/config/jobs/" + id));
    CHECK_FALSE(cluster.has("/config/jobrefs/a:1"));
    CHECK_FALSE(cluster.has("/history/jobs/" + id));

    auto const again = co_await master.call("DELETE", at + "?token=secret");
    CHECK(again.status == 404);
    CHECK(again.body == R"({"status":"JOB_NOT_FOUND"})");
    for (auto target : {"/jobs/a:1", "/jobs/a"}) {
        auto const short_id = co_await master.call("DELETE", target);
        CHECK(short_id.status == 400);
        CHECK(short_id.body == "Invalid id");
        CHECK(*short_id.headers.find("Content-Type") == "application/json");
    }
    auto const no_id = co_await master.call("DELETE", "/jobs/a:b:c:d");
    CHECK(no_id.status == 404);
}
TEST_CASE("master: every outcome of removing a job") {
    MasterCluster cluster;
    cluster.run(removes(cluster));
}

Async<void> finds(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(cluster, R"({"id":"shop-web:1","image":"busybox"})");
    auto const b = co_await create(cluster, R"({"id":"shop-db:1","image":"busybox"})");
    co_await cluster.add_host("db1");
    auto const deployed =
        co_await master.call("PUT", "/hosts/db1/jobs/" + b + "?user=x",
                             R"({"goal":"STOP","jobId":")" + b + R"(","deployerUser":null})");
    CHECK(deployed.status == 200);

    auto const keys = [](ApiAnswer const& answer) {
        std::vector<std::string> out;
        for (auto const& member : *answer.document().if_object()) out.push_back(member.name);
        return out;
    };
    using List = std::vector<std::string>;
    auto const all = co_await master.call("GET", "/jobs/?user=maria");
    CHECK(keys(all) == List{b, a});
    auto const named = co_await master.call("GET", "/jobs?q=p-web:");
    CHECK(keys(named) == List{a});
    auto const none = co_await master.call("GET", "/jobs?q=SHOP");
    CHECK(keys(none).empty());
    auto const on_host = co_await master.call("GET", "/jobs?hostPattern=%5Edb%5Cd");
    CHECK(keys(on_host) == List{b});
    auto const both = co_await master.call("GET", "/jobs?q=web&hostPattern=db");
    CHECK(keys(both).empty());
    auto const broken = co_await master.call("GET", "/jobs?hostPattern=(");
    CHECK(broken.status == 400);
    CHECK(broken.document().find("message")->if_string()->starts_with("hostPattern: "));
    co_await cluster.add_host(std::string(40, 'a') + "b");
    auto const costly = co_await master.call("GET", "/jobs?hostPattern=^(a%2B)%2B$");
    CHECK(costly.status == 400);
    auto const statuses_of = co_await master.call("PUT", "/jobs/statuses");
    CHECK(statuses_of.status == 405);
}
TEST_CASE("master: jobs are found by id and by host") {
    MasterCluster cluster;
    cluster.run(finds(cluster));
}

Async<void> statuses(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const a = co_await create(cluster, R"({"id":"a:1","image":"busybox"})");
    auto const b = co_await create(cluster, R"({"id":"b:1","image":"busybox"})");
    co_await cluster.add_host("h1");
    auto const deployed = co_await master.call("PUT", "/hosts/h1/jobs/" + a + "?user=maria",
                                               R"({"goal":"START","jobId":")" + a + "\"}");
    CHECK(deployed.status == 200);
    auto const idle = co_await master.call("GET", "/jobs/" + b + "/status");
    auto const job_b = co_await master.call("GET", "/jobs/" + b);
    CHECK(idle.body == R"({"job":)" + job_b.body + R"(,"taskStatuses":{},"deployments":{}})");

    // An agent reports.
    auto const job_a = co_await master.call("GET", "/jobs/" + a);
    auto const status = R"({"job":)" + job_a.body +
                        R"(,"goal":"START","state":"RUNNING","containerId":"5f0c",)"
                        R"("throttled":"NO","ports":{},"env":{"A":"1"},"containerError":""})";
    co_await cluster.put("/status/hosts/h1/jobs/" + a, status);
    co_await cluster.settle();
    auto const busy = co_await master.call("GET", "/jobs/" + a + "/status");
    CHECK(busy.body == R"({"job":)" + job_a.body + R"(,"taskStatuses":{"h1":)" + status +
                           R"(},"deployments":{"h1":{"goal":"START","deployerUser":"maria",)" +
                           R"("jobId":")" + a + R"("}}})");

    auto const unknown = "x:1:" + std::string(40, 'f');
    auto const batch = co_await master.call("POST", "/jobs/statuses?user=m",
                                            "[\"" + a + "\",\"" + unknown + "\",\"" + a + "\"]");
    CHECK(batch.status == 200);
    CHECK(batch.body == "{\"" + a + "\":" + busy.body + "}");
    auto const short_id = co_await master.call("POST", "/jobs/statuses", R"(["a:1"])");
    CHECK(short_id.status == 400);
    CHECK(short_id.body == "Invalid id a:1");
    for (auto body : {R"(["a"])", R"([7])", R"({})", R"([null])"}) {
        auto const bad = co_await master.call("POST", "/jobs/statuses", body);
        CHECK(bad.status == 400);
        CHECK(bad.document().find("message"));
    }
    auto const absent = co_await master.call("GET", "/jobs/" + unknown + "/status");
    CHECK(absent.status == 404);
    CHECK(absent.body.empty());
    auto const not_full = co_await master.call("GET", "/jobs/a:1/status");
    CHECK(not_full.body == "Invalid id");
}
TEST_CASE("master: the status of jobs joins deployments and reports") {
    MasterCluster cluster;
    cluster.run(statuses(cluster));
}

Async<void> history(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const id = co_await create(cluster, R"({"id":"a:1","image":"busybox"})");
    auto const empty = co_await master.call("GET", "/history/jobs/" + id);
    CHECK(empty.body == R"({"events":[],"status":"OK"})");
    auto const job = co_await master.call("GET", "/jobs/" + id);
    auto const event = [&](std::string state) {
        return R"({"job":)" + job.body + R"(,"goal":"START","state":")" + state +
               R"(","containerId":null,"throttled":"NO","ports":{},"env":{},"containerError":""})";
    };
    auto const root = "/history/jobs/" + id + "/hosts";
    co_await cluster.put(root, "");
    for (std::string host : {"h1", "h2"}) {
        co_await cluster.put(root + "/" + host, "");
        co_await cluster.put(root + "/" + host + "/events", "");
    }
    co_await cluster.put(root + "/h1/events/1000", event("RUNNING"));
    co_await cluster.put(root + "/h1/events/200", event("CREATING"));
    co_await cluster.put(root + "/h2/events/300", event("EXITED"));
    co_await cluster.put(root + "/h2/events/400", "not a document");
    co_await cluster.put(root + "/h2/events/soon", event("EXITED"));
    auto const all = co_await master.call("GET", "/history/jobs/" + id);
    CHECK(all.body == R"({"events":[{"status":)" + event("CREATING") +
                          R"(,"timestamp":200,"host":"h1"},{"status":)" + event("EXITED") +
                          R"(,"timestamp":300,"host":"h2"},{"status":)" + event("RUNNING") +
                          R"(,"timestamp":1000,"host":"h1"}],"status":"OK"})");
    auto const unknown = co_await master.call("GET", "/history/jobs/x:1:" + std::string(40, 'f'));
    CHECK(unknown.status == 200);
    CHECK(unknown.body == R"({"events":[],"status":"JOB_ID_NOT_FOUND"})");
    auto const not_full = co_await master.call("GET", "/history/jobs/a:1");
    CHECK(not_full.status == 400);
    CHECK(not_full.body == "Invalid id");
}
TEST_CASE("master: the history of a job is in order of time and survives bad events") {
    MasterCluster cluster;
    cluster.run(history(cluster));
}

} // namespace
} // namespace heliosd::master
