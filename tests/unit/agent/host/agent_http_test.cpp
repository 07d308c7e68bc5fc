// SPDX-License-Identifier: Apache-2.0
#include "agent/host/agent_http.h"

#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "support/catch.h"
#include "support/fake_engine.h"
#include "support/run.h"
#include "unit/agent/jobs.h"

namespace heliosd::agent {
namespace {

struct Rig {
    heliosd::test::World world;
    SeededRng rng{1};
    MemoryFiles files;
    InlineOffload offload;
    heliosd::test::FakeEngine engine{world.executor(), world.clock, rng};
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> store = ensemble.connect();
    StateFile::Services services{world.executor(), world.clock, rng, files, offload};
    StatusWriter statuses{services, *store, "h1", "/s/task-status.json"};
    Desired desired{services, *store, "h1", "/s/task-config.json", "/s/heliosd.json"};
    AgentHttp pages{world.clock, engine, *store, desired, statuses};

    std::pair<int, std::string> get(net::Handler const& handler, std::string target) {
        net::Request request{.method = "GET", .target = std::move(target)};
        auto response = world.run(handler(std::move(request), net::Context{}));
        auto* text = std::get_if<std::string>(&response.body);
        return {response.status, text ? *text : "not text"};
    }
};

TEST_CASE("agent: the admin port answers ping and says what is healthy") {
    Rig rig;
    auto const admin = rig.pages.admin();
    CHECK(rig.get(admin, "/ping") == std::pair(200, std::string("pong\n")));
    CHECK(rig.get(admin, "/healthcheck") ==
          std::pair(200,
                    std::string(R"({"dockerd":{"healthy":true},"zookeeper":{"healthy":true}})")));
    rig.engine.set_down(true);
    rig.store->set_online(false);
    auto const [status, text] = rig.get(admin, "/healthcheck");
    CHECK(status == 500);
    auto const document = json::parse(text).value();
    CHECK(*document.find("dockerd")->find("healthy")->if_bool() == false);
    CHECK(!document.find("dockerd")->find("message")->if_string()->empty());
    CHECK(*document.find("zookeeper")->find("message")->if_string() ==
          "not connected to ZooKeeper");
    CHECK(rig.get(admin, "/nothing").first == 404);
}

TEST_CASE("agent: the application port shows desired tasks and statuses") {
    Rig rig;
    auto const job = test::job_named("web");
    rig.desired.load(Tasks{{job.id.to_string(), {.job = job}}});
    model::TaskStatus status{.job = job};
    status.state = model::TaskState::running;
    rig.statuses.put(status);
    auto const application = rig.pages.application();
    auto const tasks = json::parse(rig.get(application, "/helios/tasks").second).value();
    CHECK(*tasks.find(job.id.to_string())->find("goal")->if_string() == "START");
    auto const shown = json::parse(rig.get(application, "/helios/taskstatus").second).value();
    CHECK(*shown.find(job.id.to_string())->find("state")->if_string() == "RUNNING");
}

} // namespace
} // namespace heliosd::agent
