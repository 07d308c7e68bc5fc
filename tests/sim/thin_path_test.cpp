// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "sim/cluster.h"
#include "sim/jobs.h"
#include "support/catch.h"

#include <fmt/format.h>

namespace heliosd::sim {

using namespace std::chrono_literals;

namespace {

JobPlan web_job() {
    model::Job job;
    job.id = {"web", "1", std::nullopt};
    job.image = "busybox:latest";
    job.command = {"sleep", "3600"};
    return plan_job(std::move(job));
}

Async<void> expect(Cluster& cluster, std::string method, std::string target, std::string body,
                   std::string word) {
    auto const reply = co_await cluster.masters[0]->call(method, target, body);
    REQUIRE(reply);
    CAPTURE(method, target, reply->status, reply->body);
    CHECK(reply->word() == word);
}

Async<void> walk(Cluster& cluster) {
    cluster.hosts[0]->engine().add_image("busybox");
    co_await cluster.world.clock.sleep(5s);
    auto const web = web_job();
    auto const place = "/hosts/h1/jobs/" + web.id;
    co_await expect(cluster, "POST", "/jobs", web.document, "OK");
    co_await expect(cluster, "PUT", place, R"({"goal":"START","job":")" + web.id + "\"}", "OK");
    co_await cluster.world.clock.sleep(5s);
    CHECK(cluster.hosts[0]->engine().running() == 1);
    co_await expect(cluster, "PATCH", place, R"({"goal":"STOP","job":")" + web.id + "\"}", "OK");
    co_await cluster.world.clock.sleep(5s);
    CHECK(cluster.hosts[0]->engine().running() == 0);
    co_await expect(cluster, "DELETE", place, "", "OK");
    co_await cluster.world.clock.sleep(5s);
    co_await expect(cluster, "DELETE", "/jobs/" + web.id, "", "OK");
    CHECK(!cluster.ensemble.leader().find(layout::job(web.id)));
    CHECK(!cluster.ensemble.leader().find(layout::status_job("h1", web.id)));
}

} // namespace

TEST_CASE("sim: a job is created, deployed, stopped, undeployed and removed") {
    Cluster cluster({});
    cluster.run(walk(cluster));
}

} // namespace heliosd::sim
