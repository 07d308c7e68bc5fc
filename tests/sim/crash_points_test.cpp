// SPDX-License-Identifier: Apache-2.0
// A process that crashes at each moment at which it does something to the world, and comes back.
#include "agent/containers/container_spec.h"
#include "layout/paths.h"
#include "sim/checks.h"
#include "sim/cluster.h"
#include "sim/jobs.h"
#include "support/catch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace heliosd::sim {
namespace {

using namespace std::chrono_literals;

JobPlan web_job() {
    model::Job job;
    job.id = {"web", "1", std::nullopt};
    job.image = "busybox:latest";
    job.command = {"sleep", "3600"};
    job.ports["http"] = {.internal_port = 80, .external_port = 8080};
    job.seconds_to_wait_before_kill = 5;
    return plan_job(std::move(job));
}

JobPlan const web = web_job();

/// One master and one agent; either is made to crash, and is started again a second later.
struct Patient {
    Patient()
        : cluster({.masters = 1, .agents = 1}),
          history(cluster.ensemble),
          crashed(cluster.world.executor()),
          nurses(cluster.world.executor()) {
        auto& docker = *cluster.hosts[0];
        docker.engine().add_image("busybox");
        docker.on_stop([this, &docker](auto const& container, std::string_view) {
            auto const created = docker.created(container.info.id);
            if (!is_stop_wanted(history, docker, container, created)) ++unasked_stops;
        });
    }

    AgentProcess& agent() { return *cluster.agents[0]; }
    MasterProcess& master() { return *cluster.masters[0]; }
    Async<void> sleep(Duration length) { return cluster.world.clock.sleep(length); }

    template <class Process> void choose(Process& process, int moment) {
        process.crash_points = {.passed = 0, .chosen = moment, .die = [this, &process] {
                                    process.die();
                                    crashed.set();
                                }};
        nurses.spawn("nurse", revive(process));
    }
    template <class Process> Async<void> revive(Process& process) {
        co_await crashed.wait();
        ++crashes;
        co_await process.crash();
        co_await sleep(1s);
        process.boot();
    }

    /// As a client does it that wants to know: until there is an answer that is no error.
    Async<void> insist(std::string method, std::string target, std::string body,
                       std::set<std::string> words) {
        for (int attempt = 0; attempt < 30; ++attempt) {
            auto const reply = co_await master().call(method, target, body);
            if (reply && reply->status < 500) {
                CAPTURE(method, target, reply->body);
                CHECK(words.contains(reply->word()));
                co_return;
            }
            co_await sleep(1s);
        }
        FAIL(method << " " << target << " is never answered");
    }
    Async<void> expect_calm(std::string when) {
        std::optional<std::string> difference;
        for (int i = 0; i < 70; ++i) {
            difference = find_difference(cluster, history);
            if (!difference) break;
            co_await sleep(1s);
        }
        CAPTURE(when, difference.value_or(""));
        CHECK_FALSE(difference);
    }

    Async<void> walk();

    Cluster cluster;
    History history;
    AutoResetEvent crashed;
    TaskGroup nurses;
    int unasked_stops = 0, crashes = 0;
};

Async<void> Patient::walk() {
    auto const place = "/hosts/h1/jobs/" + web.id;
    auto const goal = [](std::string_view word) {
        return fmt::format(R"({{"goal":"{}","job":"{}"}})", word, web.id);
    };
    // What was done before the crash is answered as done when it is asked for again.
    co_await insist("POST", "/jobs", web.document, {"OK", "JOB_ALREADY_EXISTS"});
    co_await insist("PUT", place, goal("START"), {"OK", "JOB_ALREADY_DEPLOYED"});
    co_await sleep(3s);
    co_await expect_calm("deployed");
    for (auto const& container : cluster.hosts[0]->engine().containers())
        cluster.hosts[0]->engine().die(container.info.id, 1);
    co_await sleep(3s);
    co_await expect_calm("died");
    co_await insist("PATCH", place, goal("STOP"), {"OK"});
    co_await sleep(2s);
    co_await insist("PATCH", place, goal("START"), {"OK"});
    co_await sleep(3s);
    co_await expect_calm("started again");
    co_await insist("DELETE", place, "", {"OK", "JOB_NOT_FOUND"});
    co_await sleep(3s);
    co_await expect_calm("undeployed");
    CHECK(cluster.hosts[0]->engine().running() == 0);
    co_await insist("DELETE", "/jobs/" + web.id, "", {"OK", "JOB_NOT_FOUND"});
    co_await expect_calm("removed");
    CHECK_FALSE(cluster.ensemble.leader().find(layout::job(web.id)));
    CHECK(unasked_stops == 0);
    nurses.cancel();
    co_await nurses.drained();
}

/// The walk with a crash at one moment of one process; answers how many moments it had.
template <class Process>
Async<void> crash_at(Patient& patient, Process& process, int moment, int& moments) {
    co_await patient.sleep(4s);
    patient.choose(process, moment);
    co_await patient.walk();
    CHECK(patient.crashes == (moment == 0 ? 0 : 1));
    moments = process.crash_points.passed;
}

TEST_CASE("sim: an agent that crashes at any call or file change goes on where it was") {
    int moments = 1;
    for (int moment = 0; moment <= moments; ++moment) {
        Patient patient;
        CAPTURE(moment);
        int passed = 0;
        patient.cluster.run(crash_at(patient, patient.agent(), moment, passed));
        if (moment == 0) moments = passed;
    }
    CHECK(moments > 50);
}

TEST_CASE("sim: a master that crashes at any write leaves nothing half done") {
    int moments = 1;
    for (int moment = 0; moment <= moments; ++moment) {
        Patient patient;
        CAPTURE(moment);
        int passed = 0;
        patient.cluster.run(crash_at(patient, patient.master(), moment, passed));
        if (moment == 0) moments = passed;
    }
    CHECK(moments > 15);
}

} // namespace
} // namespace heliosd::sim
