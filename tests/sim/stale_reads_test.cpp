// SPDX-License-Identifier: Apache-2.0
// Masters whose ZooKeeper server lags behind what others have written: answers must be true all the
// same. Each `sync` of the master's writes is needed by one of these.
#include "layout/paths.h"
#include "sim/cluster.h"
#include "sim/history.h"
#include "sim/jobs.h"
#include "support/catch.h"

#include <fmt/format.h>

namespace heliosd::sim {
namespace {

using namespace std::chrono_literals;

JobPlan web_job() {
    model::Job job;
    job.id = {"web", "1", std::nullopt};
    job.image = "busybox:latest";
    job.ports["http"] = {.internal_port = 80, .external_port = 8080};
    return plan_job(std::move(job));
}

JobPlan const web = web_job();
std::string const place = "/hosts/h1/jobs/" + web.id;

struct Call {
    std::string method, target, body;
};
Call const create{"POST", "/jobs", web.document};
Call const remove_job{"DELETE", "/jobs/" + web.id, ""};
Call const deploy{"PUT", place, R"({"goal":"START","job":")" + web.id + "\"}"};
Call const stop{"PATCH", place, R"({"goal":"STOP","job":")" + web.id + "\"}"};
Call const undeploy{"DELETE", place, ""};
Call const enrol{"PUT", "/hosts/h1?id=abc", ""};
Call const deregister{"DELETE", "/hosts/h1", ""};
Call const show_job{"GET", "/jobs/" + web.id, ""};

/// Two masters without agents: the first is on a server that can be made to lag, the second on the
/// leader.
struct Pair {
    Pair() : cluster({.masters = 2, .agents = 0}) {}

    Async<void> start() {
        co_await cluster.world.clock.sleep(2s);
        for (auto const& session : late().store()->sessions()) session->pin(1);
        for (auto const& session : ahead().store()->sessions()) session->pin(0);
        co_await cluster.world.clock.sleep(2s);
    }
    MasterProcess& late() { return *cluster.masters[0]; }
    MasterProcess& ahead() { return *cluster.masters[1]; }
    void set_lag(Duration lag) { cluster.ensemble.set_lag(1, lag); }

    /// The word of the answer, or its status code when it has none.
    static Async<std::string> ask(MasterProcess& master, Call call) {
        auto const reply = co_await master.call(call.method, call.target, call.body);
        if (!reply) co_return reply.error().message;
        auto const word = reply->word();
        co_return word.empty() ? std::to_string(reply->status) : word;
    }
    Async<void> prepare(std::vector<Call> calls) {
        for (auto const& call : calls) {
            auto const word = co_await ask(ahead(), call);
            CAPTURE(call.method, call.target);
            CHECK((word == "OK" || word == "200"));
        }
    }

    Cluster cluster;
};

struct Case {
    std::vector<Call> before; ///< known everywhere
    std::vector<Call> news;   ///< what the lagging server does not know
    Call asked;
    std::string answer;
};

Async<void> play(Pair& pair, Case scene, Duration lag) {
    co_await pair.start();
    co_await pair.prepare(scene.before);
    co_await pair.cluster.world.clock.sleep(1s);
    pair.set_lag(lag);
    co_await pair.prepare(scene.news);
    CAPTURE(scene.asked.method, scene.asked.target, lag.count());
    auto const word = co_await Pair::ask(pair.late(), scene.asked);
    CHECK(word == scene.answer);
}

TEST_CASE("sim: a master on a server that lags behind answers what is true") {
    Case const cases[] = {
        {{enrol}, {create}, deploy, "OK"},
        {{create}, {enrol}, deploy, "OK"},
        {{enrol, create, deploy}, {undeploy}, deploy, "OK"},
        {{enrol, create}, {deploy}, deploy, "JOB_ALREADY_DEPLOYED"},
        {{enrol, create}, {deploy}, stop, "OK"},
        {{create}, {enrol, deploy}, stop, "OK"},
        {{enrol, create, deploy}, {undeploy}, stop, "JOB_NOT_DEPLOYED"},
        {{enrol, create, deploy}, {undeploy, deploy}, stop, "OK"},
        {{enrol, create}, {deploy}, undeploy, "OK"},
        {{create}, {enrol, deploy}, undeploy, "OK"},
        {{enrol, create, deploy}, {undeploy, deploy}, undeploy, "OK"},
        {{enrol, create, deploy}, {undeploy}, undeploy, "JOB_NOT_FOUND"},
        {{}, {create}, remove_job, "OK"},
        {{create}, {remove_job}, remove_job, "JOB_NOT_FOUND"},
        {{enrol, create, deploy}, {undeploy}, remove_job, "OK"},
        {{enrol, create}, {deploy}, remove_job, "STILL_IN_USE"},
        {{create}, {remove_job}, create, "OK"},
        {{enrol}, {deregister}, enrol, "200"},
        {{}, {enrol}, deregister, "OK"},
        {{enrol}, {deregister}, deregister, "NOT_FOUND"},
        {{enrol, create}, {deploy}, deregister, "OK"},
        {{}, {create}, show_job, "200"},
    };
    for (auto const& one : cases) {
        // With most of them the server catches up between two reads.
        for (auto const lag : {1000ms, 3ms, 5ms, 7ms, 9ms, 11ms, 13ms}) {
            Pair pair;
            pair.cluster.run(play(pair, one, lag));
        }
    }
}

TEST_CASE("sim: a host that was removed a moment ago is registered again") {
    Pair pair;
    pair.cluster.run(play(pair, {{enrol}, {deregister}, enrol, "200"}, 1s));
    CHECK(pair.cluster.ensemble.leader().find(layout::host_id("h1")));
}

/// The write happens, its answer is lost, and the next server has not heard of it for `lag`.
Async<void> lose_answer(Pair& pair, std::vector<Call> before, Call asked, Duration lag) {
    co_await pair.start();
    co_await pair.prepare(std::move(before));
    co_await pair.cluster.world.clock.sleep(1s);
    pair.set_lag(lag);
    pair.late().store()->sessions().front()->lose_next_answer();
    auto const word = co_await Pair::ask(pair.late(), asked);
    CAPTURE(asked.method, asked.target, lag.count());
    CHECK((word == "OK" || word == "200"));
}

TEST_CASE("sim: a write whose answer got lost is recognized on a server that lags behind") {
    struct {
        std::vector<Call> before;
        Call asked;
    } const cases[] = {
        {{}, create},
        {{create}, remove_job},
        {{enrol, create}, deploy},
        {{enrol, create, deploy}, stop},
        {{enrol, create, deploy}, undeploy},
        {{}, enrol},
        {{enrol}, deregister},
    };
    for (auto const& one : cases) {
        // With some of them the server catches up between two reads.
        for (Duration lag = 5ms; lag < 16ms; lag += 250us) {
            Pair pair;
            pair.cluster.run(lose_answer(pair, one.before, one.asked, lag));
        }
        Pair pair;
        pair.cluster.run(lose_answer(pair, one.before, one.asked, 1s));
    }
}

struct Retry {
    std::vector<Call> before;
    Call removal, creation;
    std::string path;
};

Async<void> ask_later(Pair& pair, Duration pause, Call call, std::string& word) {
    co_await pair.cluster.world.clock.sleep(pause);
    word = co_await Pair::ask(pair.ahead(), call);
}

/// The answer to a removal is lost, and what it removed is created anew before it is looked for.
Async<void> create_anew(Pair& pair, History& history, Retry scene, Duration pause) {
    co_await pair.start();
    co_await pair.prepare(scene.before);
    co_await pair.cluster.world.clock.sleep(1s);
    auto const first = history.now();
    pair.late().store()->sessions().front()->lose_next_answer();
    TaskGroup others(pair.cluster.world.executor());
    std::string created;
    others.spawn("creation", ask_later(pair, pause, scene.creation, created));
    auto const word = co_await Pair::ask(pair.late(), scene.removal);
    co_await others.drained();
    CAPTURE(scene.removal.target, pause.count(), created);
    CHECK(word == "OK");
    bool const was_created = history.became(scene.path, {first, history.now()},
                                            [](auto& state) { return state.exists; });
    bool const exists = pair.cluster.ensemble.leader().find(scene.path) != nullptr;
    CHECK(exists == was_created);
}

TEST_CASE("sim: a removal whose answer got lost does not remove what was created since") {
    Retry const cases[] = {
        {{create}, remove_job, create, layout::job(web.id)},
        {{enrol, create, deploy}, undeploy, deploy, layout::host_job("h1", web.id)},
        {{enrol}, deregister, enrol, layout::host_id("h1")},
    };
    for (auto const& one : cases) {
        for (Duration pause = 2ms; pause < 20ms; pause += 500us) {
            Pair pair;
            History history(pair.cluster.ensemble);
            pair.cluster.run(create_anew(pair, history, one, pause));
        }
    }
}

} // namespace
} // namespace heliosd::sim
