// SPDX-License-Identifier: Apache-2.0
#include "unit/master/api/answers.h"

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;
using test::create;
using test::deploy;
using test::MasterCluster;
using test::word;

Async<void> sees_others(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    co_await cluster.add_host("h1");
    auto const a = co_await create(one, R"({"id":"a:1","image":"busybox"})");
    // Asked at once, the other master makes sure before it says that there is no such job (B27).
    auto const seen = co_await two.call("GET", "/jobs/" + a);
    CHECK(seen.status == 200);
    auto const deployed = co_await deploy(two, "h1", a);
    CHECK(word(deployed) == "OK");
    auto const status = co_await one.call("GET", "/hosts/h1/jobs/" + a);
    CHECK(status.status == 200);
    co_await cluster.settle();
    auto const listed = co_await two.call("GET", "/jobs");
    CHECK(listed.document().find(a));
}
TEST_CASE("master: what one master wrote, another finds") {
    MasterCluster cluster(2);
    cluster.run(sees_others(cluster));
}

Async<void> catches_up(MasterCluster& cluster) {
    auto& one = *cluster.masters[0];
    auto& two = *cluster.masters[1];
    co_await cluster.add_host("h1");
    auto const a = co_await create(one, R"({"id":"a:1","image":"busybox"})");
    two.store->set_online(false);
    auto const b = co_await create(one, R"({"id":"b:1","image":"busybox"})");
    auto const gone = co_await one.call("DELETE", "/jobs/" + a);
    CHECK(gone.status == 200);
    co_await cluster.settle();
    auto const stale = co_await two.call("GET", "/jobs");
    CHECK(stale.document().find(a));
    two.store->set_online(true);
    co_await cluster.settle();
    auto const fresh = co_await two.call("GET", "/jobs");
    CHECK_FALSE(fresh.document().find(a));
    CHECK(fresh.document().find(b));
}
TEST_CASE("master: after a lost connection the mirror catches up by itself") {
    MasterCluster cluster(2);
    cluster.run(catches_up(cluster));
}

Async<void> before_first_load(MasterCluster& cluster) {
    auto const early = co_await cluster.first().call("GET", "/jobs");
    CHECK(early.status == 500);
    CHECK(early.document().find("message"));
    auto const version = co_await cluster.first().call("GET", "/version");
    CHECK(version.status == 200);
}
TEST_CASE("master: before it has read the tree a master says so instead of showing nothing") {
    MasterCluster cluster;
    cluster.world.run(before_first_load(cluster));
}

Async<void> versions(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const with = [&](std::string version, std::string target = "/jobs") {
        return master.call("GET", std::move(target), "", {{"Helios-Version", std::move(version)}});
    };
    struct Row {
        char const* client;
        int status;
        char const* word;
    };
    for (auto const& row :
         {Row{"0.9.283", 200, "EQUAL"}, Row{"0.9.1", 200, "COMPATIBLE"},
          Row{"0.8.400", 200, "COMPATIBLE"}, Row{"0.10.0", 200, "MAYBE"},
          Row{"0.9.283-SNAPSHOT", 200, "COMPATIBLE"}, Row{"1.0.0", 426, "INCOMPATIBLE"},
          Row{"0.9", 400, "INVALID"}, Row{"", 200, "MISSING"}}) {
        auto const answer = co_await with(row.client);
        CHECK(answer.status == row.status);
        CHECK(*answer.headers.find("Helios-Version-Status") == row.word);
        CHECK(*answer.headers.find("Helios-Server-Version") == "0.9.283");
    }
    auto const bogus = co_await with("x");
    CHECK(test::text_at(bogus, "message") ==
          "Helios client version format is bogus - expect n.n.n");
    auto const old = co_await with("1.2.3");
    CHECK(test::text_at(old, "message") ==
          "Your client version is incompatible with the server version 0.9.283");
    auto const nowhere = co_await with("0.9.283", "/nowhere");
    CHECK(nowhere.status == 404);
    CHECK(*nowhere.headers.find("Helios-Version-Status") == "EQUAL");

    auto const version = co_await master.call("GET", "/version/?user=maria");
    CHECK(version.body == "\"0.9.283\"");
    CHECK(*version.headers.find("Content-Type") == "text/plain");
    auto const check = co_await master.call("GET", "/version/check?client=0.10.2");
    CHECK(check.body == R"({"status":"MAYBE","recommendedVersion":"0.9.283",)"
                        R"("serverVersion":{"snapshot":false,"major":0,"minor":9,"patch":283}})");
    for (auto const& [client, status] :
         {std::pair{"", "MISSING"}, {"x", "INVALID"}, {"7.0.0", "INCOMPATIBLE"}}) {
        auto const answer =
            co_await master.call("GET", std::string("/version/check?client=") + client);
        CHECK(answer.status == 200);
        CHECK(word(answer) == status);
    }
}
TEST_CASE("master: versions of clients are compared and answered on every path") {
    MasterCluster cluster;
    cluster.run(versions(cluster));
}

Async<void> methods(MasterCluster& cluster) {
    auto& master = cluster.first();
    auto const head = co_await master.call("HEAD", "/jobs");
    CHECK(head.status == 200);
    auto const options = co_await master.call("OPTIONS", "/jobs");
    CHECK(options.status == 204);
    CHECK(options.headers.find("Allow")->find("POST") != std::string::npos);
    auto const wrong = co_await master.call("DELETE", "/masters");
    CHECK(wrong.status == 405);
    CHECK(wrong.headers.contains("Allow"));
    auto const escape = co_await master.call("GET", "/jobs/%zz");
    CHECK(escape.status == 400);
    auto const doubled = co_await master.call("GET", "//jobs");
    CHECK(doubled.status == 404);
}
TEST_CASE("master: methods and paths") {
    MasterCluster cluster;
    cluster.run(methods(cluster));
}

/// The headers that are for browsers, a line each.
std::string cors_of(test::ApiAnswer const& answer) {
    std::string lines;
    for (auto const& [name, value] : answer.headers)
        if (name.starts_with("Access-Control-"))
            lines += name.substr(15) + (value.empty() ? ":" : ": " + value) + "\n";
    return lines;
}

Async<void> origins(MasterCluster& cluster) {
    auto& master = cluster.first();
    std::pair<std::string, std::string> const origin{"Origin", "http://page.example"};
    std::string const any = "Allow-Origin: http://page.example\n"
                            "Allow-Credentials: true\n"
                            "Expose-Headers:\n";
    auto const plain = co_await master.call("GET", "/masters");
    CHECK(cors_of(plain).empty());
    auto const foreign =
        co_await master.call("GET", "/masters", "", {{"Origin", "http://evil.example"}});
    CHECK(cors_of(foreign).empty());
    auto const preflight = co_await master.call(
        "OPTIONS", "/jobs", "",
        {{"Origin", "http://evil.example"}, {"Access-Control-Request-Method", "PUT"}});
    CHECK(cors_of(preflight).empty());
    auto const crossing = co_await master.call("GET", "/masters", "", {origin});
    CHECK(cors_of(crossing) == any);
    auto const missing = co_await master.call("GET", "/nowhere", "", {origin});
    CHECK(missing.status == 404);
    CHECK(cors_of(missing) == any);
    for (std::string method : {"PATCH", "DELETE", "TRACE", "patch", ""}) {
        auto const answer = co_await master.call(
            "OPTIONS", "/jobs", "", {origin, {"Access-Control-Request-Method", method}});
        bool const allowed = method == "PATCH" || method == "DELETE";
        CHECK(cors_of(answer) ==
              any + (allowed ? "Max-Age: 1800\n"
                               "Allow-Methods: OPTIONS,GET,PUT,POST,PATCH,DELETE,HEAD\n"
                               "Allow-Headers: X-Requested-With,Content-Type,Accept,Origin\n"
                             : ""));
    }
}
TEST_CASE("master: pages of the named origins are told what they may do, others nothing") {
    MasterCluster cluster;
    cluster.run(origins(cluster));
}

TEST_CASE("master: every route of the specification is in the table, with its permission") {
    MasterCluster cluster;
    std::set<std::string> known;
    for (auto const& route : cluster.first().api.routes()) {
        known.insert(route.method + " " + route.pattern);
        bool const reads = route.method == "GET" || route.pattern.ends_with("/statuses");
        CHECK((route.verb == net::Verb::read) == reads);
    }
    for (auto expected :
         {"GET /version", "GET /version/check", "GET /masters", "GET /hosts", "PUT /hosts/{host}",
          "DELETE /hosts/{host}", "GET /hosts/{host}/status", "POST /hosts/statuses",
          "GET /hosts/{host}/jobs/{job}", "PUT /hosts/{host}/jobs/{job}",
          "PATCH /hosts/{host}/jobs/{job}", "DELETE /hosts/{host}/jobs/{job}", "GET /jobs",
          "POST /jobs", "GET /jobs/{job}", "DELETE /jobs/{job}", "GET /jobs/{job}/status",
          "POST /jobs/statuses", "GET /history/jobs/{job}"})
        CHECK(known.contains(expected));
}

} // namespace
} // namespace heliosd::master
