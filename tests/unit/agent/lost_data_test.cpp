// SPDX-License-Identifier: Apache-2.0
#include "site.h"
#include "store/paths.h"
#include "support/catch.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
namespace paths = store::paths;
using model::TaskState;
using test::job_named;
using test::Site;

Async<void> host_removed(Site& site, bool with_everything) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.deploy(job);
    (void)co_await site.reaches(job, TaskState::running);
    co_await site.sleep(20s);
    if (with_everything) co_await site.remove_tree("/config/jobs");
    co_await site.remove_tree(paths::status_host("h1"));
    co_await site.remove_tree(paths::host("h1"));
    co_await site.sleep(60s);
    auto const id = co_await site.data(paths::host_id("h1"));
    CHECK(id == "AGENT1");
    auto const up = co_await site.exists(paths::status_up("h1"));
    CHECK(up);
    CHECK(site.engine.running() == (with_everything ? 1 : 0));
    if (!with_everything) co_return;
    // Also not after a restart; and it is a task like any other when it is deployed again.
    co_await site.h1.shut_down();
    site.h1.boot();
    co_await site.sleep(60s);
    CHECK(site.engine.running() == 1);
    co_await site.deploy(job);
    co_await site.sleep(5s);
    CHECK(site.engine.containers().size() == 1);
    co_await site.undeploy(job);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 0);
}

TEST_CASE("agent: a host that a master removed comes back empty, and stops what ran") {
    Site site;
    site.run(host_removed(site, false));
}

TEST_CASE("agent: a cluster that lost its data stops nothing") {
    Site site;
    site.run(host_removed(site, true));
}

Async<void> removed_while_away(Site& site) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.sleep(1s);
    co_await site.deploy(job);
    auto const running = co_await site.reaches(job, TaskState::running);
    CHECK(running);
    site.h1.store->set_online(false);
    co_await site.undeploy(job);
    co_await site.remove_tree(paths::job(job.id.to_string()));
    site.h1.store->set_online(true);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 0);
}

TEST_CASE("agent: its last task and the job, gone while it was away, are no lost data") {
    Site site;
    site.run(removed_while_away(site));
}

} // namespace
} // namespace heliosd::agent
