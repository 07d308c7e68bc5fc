// SPDX-License-Identifier: Apache-2.0
#include "layout/paths.h"
#include "support/catch.h"
#include "unit/agent/site.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::TaskState;
using test::job_named;
using test::Site;

Async<void> host_removed(Site& site, bool with_everything) {
    auto const job = job_named("web");
    site.h1.boot();
    co_await site.start(job);
    co_await site.sleep(20s);
    if (with_everything) co_await site.remove_tree("/config/jobs");
    co_await site.remove_tree(layout::status_host("h1"));
    co_await site.remove_tree(layout::host("h1"));
    co_await site.sleep(60s);
    auto const id = co_await site.data(layout::host_id("h1"));
    CHECK(id == "AGENT1");
    auto const up = co_await site.exists(layout::status_up("h1"));
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
    co_await site.remove_tree(layout::job(job.id.to_string()));
    site.h1.store->set_online(true);
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 0);
}

TEST_CASE("agent: its last task and the job, gone while it was away, are no lost data") {
    Site site;
    site.run(removed_while_away(site));
}

Async<void> lose_data(Site& site) {
    co_await site.remove_tree("/config");
    co_await site.remove_tree("/status");
}

/// Two jobs run, the cluster forgets everything, and a third one is deployed.
Async<void> deploy_after_loss(Site& site, bool is_agent_away) {
    for (auto const* name : {"web", "db"}) {
        auto const job = job_named(name);
        if (!site.h1.is_up()) site.h1.boot();
        co_await site.start(job);
    }
    co_await site.sleep(5s);
    if (is_agent_away) co_await site.h1.shut_down();
    co_await lose_data(site);
    if (!is_agent_away) co_await site.sleep(60s);
    co_await site.deploy(job_named("new"));
    if (is_agent_away) site.h1.boot();
    auto const running = co_await site.reaches(job_named("new"), TaskState::running);
    CHECK(running);
    CHECK(site.engine.running() == 3);
}

Async<void> keep_orphans(Site& site, bool is_agent_away) {
    co_await deploy_after_loss(site, is_agent_away);
    for (bool const crash : {false, true}) {
        co_await site.sleep(5s);
        auto down = crash ? site.h1.crash() : site.h1.shut_down();
        co_await std::move(down);
        site.h1.boot();
        co_await site.sleep(60s);
        CHECK(site.engine.running() == 3);
        CHECK(site.engine.containers().size() == 3);
    }
    // They are looked after like any others.
    site.engine.die(site.engine.containers()[0].info.id, 1);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 3);

    // Also when one of the jobs is made known again, and undeployed while the agent is away.
    co_await site.deploy(job_named("web"));
    co_await site.sleep(1s);
    co_await site.h1.shut_down();
    co_await site.undeploy(job_named("web"));
    site.h1.boot();
    co_await site.sleep(5s);
    CHECK(site.engine.running() == 2);
    auto const web = co_await site.status(job_named("web"));
    CHECK(!web);
    auto const db = co_await site.status(job_named("db"));
    REQUIRE(db);
    CHECK(db->state == TaskState::running);
}

TEST_CASE("agent: what a cluster lost goes on beside what is deployed later, over restarts") {
    Site site;
    site.run(keep_orphans(site, false));
}

TEST_CASE("agent: data lost while it was away stop nothing, whatever was deployed meanwhile") {
    Site site;
    site.run(keep_orphans(site, true));
}

Async<void> lose_files_too(Site& site) {
    co_await deploy_after_loss(site, false);
    co_await site.sleep(1s);
    co_await site.h1.shut_down();
    site.h1.files.content.erase("/state/task-config.json");
    site.h1.boot();
    co_await site.sleep(60s);
    CHECK(site.engine.running() == 3);
}

TEST_CASE("agent: what a cluster lost goes on even if the list of tasks here is lost as well") {
    Site site;
    site.run(lose_files_too(site));
}

Async<void> lose_the_list_of_tasks(Site& site) {
    for (auto const* name : {"web", "db"}) {
        if (!site.h1.is_up()) site.h1.boot();
        co_await site.start(job_named(name));
    }
    co_await site.sleep(5s);
    co_await site.h1.shut_down();
    site.h1.files.content.erase("/state/task-config.json");
    co_await lose_data(site);
    site.h1.boot();
    co_await site.sleep(60s);
    CHECK(site.engine.running() == 2);
}

TEST_CASE("agent: data lost in the cluster, and here the list of tasks, stop nothing") {
    Site site;
    site.run(lose_the_list_of_tasks(site));
}

Async<void> undeployed_while_away(Site& site) {
    site.h1.boot();
    for (auto const* name : {"web", "db"}) {
        co_await site.start(job_named(name));
    }
    co_await site.sleep(1s);
    co_await site.h1.shut_down();
    co_await site.undeploy(job_named("web"));
    co_await site.undeploy(job_named("db"));
    for (auto const* name : {"web", "db"})
        co_await site.remove_tree(layout::job(job_named(name).id.to_string()));
    co_await site.deploy(job_named("new"));
    site.h1.boot();
    auto const running = co_await site.reaches(job_named("new"), TaskState::running);
    CHECK(running);
    co_await site.sleep(1s);
    CHECK(site.engine.running() == 1);
}

TEST_CASE("agent: tasks and jobs removed while it was away are no lost data") {
    Site site;
    site.run(undeployed_while_away(site));
}

} // namespace
} // namespace heliosd::agent
