// SPDX-License-Identifier: Apache-2.0
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;
using test::word;

Async<void> lists(MasterCluster& cluster) {
    auto& master = cluster.first();
    for (auto name : {"web10", "web2", "db1"}) co_await cluster.add_host(name);
    co_await cluster.put("/config/hosts/half", "");
    co_await cluster.put("/status/hosts/web2/labels", R"({"role":"web","dc":"ams"})");
    co_await cluster.put("/status/hosts/web10/labels", R"({"role":"web","dc":"lon"})");
    co_await cluster.settle();

    auto const all = co_await master.call("GET", "/hosts/?user=maria");
    CHECK(all.body == R"(["db1","half","web2","web10"])");
    auto const named = co_await master.call("GET", "/hosts?namePattern=b%5Cd%2B");
    CHECK(named.body == R"(["db1","web2","web10"])");
    auto const selected = co_await master.call("GET", "/hosts?selector=role=web&user=m");
    CHECK(selected.body == R"(["web2","web10"])");
    auto const both =
        co_await master.call("GET", "/hosts?selector=role=web&selector=dc+in+(ams,+x)");
    CHECK(both.body == R"(["web2"])");
    auto const combined = co_await master.call("GET", "/hosts?selector=role=web&namePattern=10");
    CHECK(combined.body == R"(["web10"])");
    auto const none = co_await master.call("GET", "/hosts?selector=role!=web");
    CHECK(none.body == "[]");
    auto const broken = co_await master.call("GET", "/hosts?namePattern=[");
    CHECK(broken.status == 400);
    CHECK(broken.document().find("message")->if_string()->starts_with("namePattern: "));
    co_await cluster.add_host(std::string(40, 'a') + "b");
    auto const costly = co_await master.call("GET", "/hosts?namePattern=^(a%2B)%2B$");
    CHECK(costly.status == 400);
    CHECK(test::text_at(costly, "message").starts_with("namePattern: matching it takes too many"));
    for (std::string text : {"role", ""}) {
        auto const invalid = co_await master.call("GET", "/hosts?selector=" + text);
        CHECK(invalid.status == 400);
        CHECK(invalid.body == "Invalid host selector: " + text);
    }
}
TEST_CASE("master: hosts are listed by pattern and labels, in the order of peers") {
    MasterCluster cluster;
    cluster.run(lists(cluster));
}

Async<void> shows(MasterCluster& cluster) {
    auto& master = cluster.first();
    co_await cluster.add_host("h1");
    auto const bare = co_await master.call("GET", "/hosts/h1/status");
    CHECK(bare.status == 200);
    CHECK(bare.body == R"({"jobs":{},"statuses":{},"status":"UP","hostInfo":null,)"
                       R"("agentInfo":null,"environment":{},"labels":{}})");

    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox"})");
    auto const deployed = co_await deploy(master, "h1", a);
    CHECK(deployed.status == 200);
    auto const job = co_await master.call("GET", "/jobs/" + a);
    auto const status = R"({"job":)" + job.body +
                        R"(,"goal":"START","state":"RUNNING","containerId":"5f0c",)"
                        R"("throttled":"NO","ports":{},"env":{},"containerError":""})";
    co_await cluster.put("/status/hosts/h1/jobs/" + a, status);
    co_await cluster.put("/status/hosts/h1/environment", R"({"FOO":"bar"})");
    co_await cluster.put("/status/hosts/h1/labels", R"({"role":"web","dc":"ams"})");
    co_await cluster.put("/status/hosts/h1/hostinfo", R"({"hostname":"h1","cpus":8})");
    co_await cluster.put("/status/hosts/h1/agentinfo", R"({"name":"4711@h1","version":"0.9.283"})");
    // Both infos are read without a watch, within a second after the host was first seen.
    co_await cluster.world.clock.sleep(1s);
    auto const full = co_await master.call("GET", "/hosts/h1/status");
    auto const document = full.document();
    auto const& members = *document.if_object();
    std::vector<std::string> names;
    for (auto const& member : members) names.push_back(member.name);
    CHECK(names == std::vector<std::string>{"jobs", "statuses", "status", "hostInfo", "agentInfo",
                                            "environment", "labels"});
    CHECK(json::write(*document.find("jobs")->find(a)) ==
          R"({"goal":"START","deployerUser":"maria","jobId":")" + a + "\"}");
    CHECK(json::write(*document.find("statuses")->find(a)) == status);
    CHECK(json::write(*document.find("hostInfo")->find("hostname")) == "\"h1\"");
    CHECK(json::write(*document.find("agentInfo")->find("name")) == "\"4711@h1\"");
    CHECK(json::write(*document.find("environment")) == R"({"FOO":"bar"})");
    CHECK(json::write(*document.find("labels")) == R"({"dc":"ams","role":"web"})");

    // Later changes of the infos arrive with the sweep, once a minute.
    co_await cluster.put("/status/hosts/h1/hostinfo", R"({"hostname":"h1-renamed"})");
    co_await cluster.world.clock.sleep(61s);
    auto const swept = co_await master.call("GET", "/hosts/h1/status");
    CHECK(*swept.document().find("hostInfo")->find("hostname")->if_string() == "h1-renamed");

    // Down: it keeps what was last reported.
    co_await cluster.drop("/status/hosts/h1/up");
    co_await cluster.settle();
    auto const down = co_await master.call("GET", "/hosts/h1/status?status=DOWN");
    CHECK(word(down) == "DOWN");
    CHECK(down.document().find("hostInfo")->if_object());
}
TEST_CASE("master: the status of a host holds all that is known of it") {
    MasterCluster cluster;
    cluster.run(shows(cluster));
}

Async<std::string> reported_version(test::ApiMaster& master) {
    auto const status = co_await master.call("GET", "/hosts/h1/status");
    auto const document = status.document();
    auto const* const info = document.find("agentInfo");
    auto const* const version = info ? info->find("version") : nullptr;
    co_return version && version->if_string() ? *version->if_string() : "none";
}
Async<void> restarts(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const agent_info = std::string("/status/hosts/h1/agentinfo");
    auto const host_info = std::string("/status/hosts/h1/hostinfo");
    co_await cluster.add_host("h1");
    co_await cluster.put(host_info, R"({"hostname":"h1"})");
    co_await cluster.put(agent_info, R"({"version":"0.9.1"})");
    co_await cluster.world.clock.sleep(3s);
    auto const before = co_await reported_version(master);
    CHECK(before == "0.9.1");

    // Its successor is up first, and reports a moment later.
    co_await cluster.drop("/status/hosts/h1/up");
    co_await cluster.put("/status/hosts/h1/up", "", store::CreateMode::ephemeral);
    co_await cluster.world.clock.sleep(500ms);
    co_await cluster.put(host_info, R"({"hostname":"h1"})");
    co_await cluster.put(agent_info, R"({"version":"0.9.2"})");
    co_await cluster.world.clock.sleep(1s);
    auto const after = co_await reported_version(master);
    CHECK(after == "0.9.2");
}
TEST_CASE("master: what an agent reports after a restart is shown soon") {
    MasterCluster cluster;
    cluster.run(restarts(cluster));
}

Async<void> filters(MasterCluster& cluster) {
    auto& master = cluster.first();
    co_await cluster.add_host("up1");
    co_await cluster.add_host("down1", false);
    co_await cluster.put("/config/hosts/half", "");
    co_await cluster.settle();
    auto const status_of = [&](std::string target) { return master.call("GET", target); };
    for (auto target : {"/hosts/half/status", "/hosts/none/status", "/hosts/up1/status?status=DOWN",
                        "/hosts/up1/status?status=up", "/hosts/a%2Fb/status"}) {
        auto const answer = co_await status_of(target);
        CHECK(answer.status == 404);
        CHECK(answer.body.empty());
    }
    auto const keys = [](test::ApiAnswer const& answer) {
        std::vector<std::string> out;
        for (auto const& member : *answer.document().if_object()) out.push_back(member.name);
        return out;
    };
    using List = std::vector<std::string>;
    auto const body = R"(["up1","down1","half","none",null,"up1"])";
    auto const all = co_await master.call("POST", "/hosts/statuses?user=m", body);
    CHECK(keys(all) == List{"down1", "up1"});
    auto const up = co_await master.call("POST", "/hosts/statuses?status=UP", body);
    CHECK(keys(up) == List{"up1"});
    auto const odd = co_await master.call("POST", "/hosts/statuses?status=Up", body);
    CHECK(odd.body == "{}");
    for (auto bad : {"{}", "[{}]", "7"}) {
        auto const answer = co_await master.call("POST", "/hosts/statuses", bad);
        CHECK(answer.status == 400);
        CHECK(answer.document().find("message"));
    }
    auto const as_host = co_await master.call("GET", "/hosts/statuses");
    CHECK(as_host.status == 405);
    CHECK(as_host.headers.find("Allow"));
}
TEST_CASE("master: hosts are filtered by status, unknown and half-registered ones left out") {
    MasterCluster cluster;
    cluster.run(filters(cluster));
}

Async<void> many(MasterCluster& cluster) {
    // More than one piece of a streamed answer.
    auto& master = cluster.first();
    std::string body;
    for (int i = 0; i < 300; ++i) {
        auto const host = "host" + std::to_string(i);
        co_await cluster.add_host(host, false);
        co_await cluster.put("/status/hosts/" + host + "/environment",
                             R"({"TEXT":")" + std::string(2000, 'x') + "\"}");
        body += (i == 0 ? "[\"" : ",\"") + host + '"';
    }
    body += ']';
    co_await cluster.settle();
    auto const all = co_await master.call("POST", "/hosts/statuses", body);
    CHECK(all.body.size() > 600'000);
    auto const document = all.document();
    REQUIRE(document.if_object());
    CHECK(document.if_object()->size() == 300);
}
TEST_CASE("master: a large answer is rendered in pieces that make one document") {
    MasterCluster cluster;
    cluster.run(many(cluster));
}

Async<void> registers(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const done = co_await master.call("PUT", "/hosts/h1?id=abc&user=m");
    CHECK(done.status == 200);
    CHECK(done.body == "\"OK\"");
    CHECK(cluster.ensemble.tree().find("/config/hosts/h1/id")->data == "abc");
    auto const listed = co_await master.call("GET", "/hosts/h1/status");
    CHECK(listed.status == 200);
    CHECK(word(listed) == "DOWN");
    auto const same = co_await master.call("PUT", "/hosts/h1?id=abc");
    CHECK(same.status == 200);
    auto const other = co_await master.call("PUT", "/hosts/h1?id=xyz");
    CHECK(other.status == 409);
    CHECK(other.document().find("message"));
    CHECK(cluster.ensemble.tree().find("/config/hosts/h1/id")->data == "abc");
    for (auto target : {"/hosts/h2", "/hosts/h2?id="}) {
        auto const no_id = co_await master.call("PUT", target);
        CHECK(no_id.status == 400);
        CHECK(no_id.body == R"({"status":"INVALID_ID","host":"h2"})");
    }
    auto const unusable = co_await master.call("PUT", "/hosts/..?id=abc");
    CHECK(unusable.status == 400);
    // A registration that stopped half-way is completed (B12).
    co_await cluster.put("/config/hosts/half", "");
    auto const completed = co_await master.call("PUT", "/hosts/half?id=abc");
    CHECK(completed.status == 200);
    CHECK(cluster.has("/config/hosts/half/ports"));
    CHECK(cluster.has("/status/hosts/half/jobs"));
}
TEST_CASE("master: every outcome of registering a host") {
    MasterCluster cluster;
    cluster.run(registers(cluster));
}

Async<void> deregisters(MasterCluster& cluster) {
    auto& master = cluster.first();
    co_await cluster.add_host("h1");
    auto const a = co_await create(master, R"({"id":"a:1","image":"busybox",
        "ports":{"http":{"internalPort":80,"externalPort":8080}}})");
    auto const deployed = co_await deploy(master, "h1", a);
    CHECK(deployed.status == 200);
    auto const history = "/history/jobs/" + a + "/hosts";
    co_await cluster.put(history, "");
    for (std::string below : {"/h1", "/h1/events", "/h1/events/17", "/h2"})
        co_await cluster.put(history + below, "");

    auto const done = co_await master.call("DELETE", "/hosts/h1?user=m");
    CHECK(done.status == 200);
    CHECK(done.body == R"({"status":"OK","host":"h1"})");
    for (auto const& path : {std::string("/config/hosts/h1"), std::string("/status/hosts/h1"),
                             "/config/jobs/" + a + "/hosts/h1", history + "/h1"})
        CHECK_FALSE(cluster.has(path));
    CHECK(cluster.has(history + "/h2"));
    auto const gone = co_await master.call("GET", "/hosts/h1/status");
    CHECK(gone.status == 404);
    auto const listed = co_await master.call("GET", "/hosts");
    CHECK(listed.body == "[]");
    auto const job = co_await master.call("GET", "/jobs/" + a + "/status");
    CHECK(json::write(*job.document().find("deployments")) == "{}");
    auto const again = co_await master.call("DELETE", "/hosts/h1");
    CHECK(again.status == 404);
    CHECK(again.body == R"({"status":"NOT_FOUND","host":"h1"})");
    auto const removed = co_await master.call("DELETE", "/jobs/" + a);
    CHECK(word(removed) == "OK");
}
TEST_CASE("master: removing a host removes everything known about it") {
    MasterCluster cluster;
    cluster.run(deregisters(cluster));
}

} // namespace
} // namespace heliosd::master
