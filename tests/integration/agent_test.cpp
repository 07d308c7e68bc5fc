// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include "base/async/task_group.h"
#include "base/async/within.h"
#include "base/log.h"
#include "docker/engine_http.h"
#include "layout/paths.h"
#include "model/task.h"
#include "net/http/client.h"
#include "net/resolver.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "support/catch.h"
#include "support/run.h"
#include "support/servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

// The agent on a real Docker daemon and real files, in a cluster of one process.
namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;
using model::TaskState;

/// An agent, the tree it stands on, and a second pair of hands on the daemon.
class Rig {
public:
    explicit Rig(std::string const& docker)
        : engine(http, world.clock,
                 docker::parse_docker_endpoint(docker, "HELIOSD_TEST_DOCKER").value()) {
        options.name = "rig";
        options.state_dir = scratch.string();
        // Beside the daemon's ephemeral ports and those of other tests.
        options.port_range = {23000, 24000};
        (void)std::filesystem::remove_all(scratch);
        log::set_sink([](std::string_view) {});
    }
    ~Rig() {
        log::set_sink({});
        world.run(remove_containers());
        (void)std::filesystem::remove_all(scratch);
    }

    void run(Async<void> scenario) { world.run(group.scope(std::move(scenario))); }

    void boot() {
        session = ensemble.connect();
        agent.emplace(options, Agent::Services{.executor = world.executor(),
                                               .clock = world.clock,
                                               .rng = rng,
                                               .files = files,
                                               .offload = offload,
                                               .store = *session,
                                               .engine = engine});
        group.spawn("agent", run_agent());
    }

    Async<void> shut_down() {
        group.cancel();
        co_await group.drained();
        agent.reset();
        session->close();
    }

    model::Job job(std::string name, std::string script) const {
        model::Job job;
        job.id = {std::move(name), "1", "0123456789abcdef0123456789abcdef01234567"};
        job.image = image;
        job.command = {"sh", "-c", std::move(script)};
        job.seconds_to_wait_before_kill = 1;
        return job;
    }

    Async<void> deploy(model::Job job) {
        auto const id = job.id.to_string();
        (co_await store::ensure_path(*master, layout::job(id))).value();
        (co_await store::ensure_path(*master, layout::host_jobs("rig"))).value();
        model::Task const task{.job = job};
        auto const text = json::write(to_json(task, model::Mode::common));
        auto const mode = store::CreateMode::persistent;
        (co_await master->create(layout::host_job("rig", id), text, mode)).value();
    }

    Async<void> undeploy(model::Job job) {
        auto const path = layout::host_job("rig", job.id.to_string());
        (co_await master->remove(path, store::any_version)).value();
    }

    /// The status once it satisfies `good`; nothing when that takes too long or, for a status that
    /// is to vanish, when it is gone.
    template <class Good>
    Async<std::optional<model::TaskStatus>> await_status(model::Job job, Good good) {
        auto const path = layout::status_job("rig", job.id.to_string());
        auto const follower =
            master->follow(path, [](std::string_view) { return store::Interest{.data = true}; });
        for (;;) {
            auto next = follower->next();
            auto const batch = co_await within(world.clock, 60s, std::move(next));
            if (!batch) co_return std::nullopt;
            std::optional<model::TaskStatus> status;
            if (batch->changes[0].node) {
                auto const value = json::parse(batch->changes[0].node->data);
                status = model::task_status_from_json(value.value()).value();
            }
            if (good(status)) co_return status;
        }
    }

    Async<std::optional<model::TaskStatus>> running(model::Job job,
                                                    std::optional<std::string> other_than = {}) {
        co_return co_await await_status(std::move(job), [other_than](auto const& status) {
            return status && status->state == TaskState::running &&
                   status->container_id != other_than;
        });
    }

    test::RealWorld world;
    net::SystemResolver resolver{world.clock, net::SystemResolver::Options{}};
    net::RealHttpClient http{resolver};
    docker::HttpEngine engine;
    SystemRng rng;
    RealFiles files;
    ThreadOffload offload;
    std::filesystem::path const scratch =
        std::filesystem::temp_directory_path() / ("heliosd-agent-test-" + random_uuid(rng));
    std::string const image = test::real_image().value_or("");
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> master = ensemble.connect();
    std::unique_ptr<store::EmbeddedStore> session;
    AgentOptions options;
    std::optional<Agent> agent;
    TaskGroup group{world.executor()};

private:
    Async<void> run_agent() {
        auto const outcome = co_await agent->run();
        INFO((outcome ? "" : outcome.error().message));
        CHECK(outcome.has_value());
    }

    Async<void> remove_containers() {
        docker::ListFilter const filter{.all = true, .label = "helios.job.id"};
        auto const listed = co_await engine.list(filter);
        if (!listed) co_return;
        for (auto const& container : *listed) {
            auto const name = container.names.empty() ? "" : container.names[0];
            if (name.find("_rig_test_") == std::string::npos &&
                name.find("-rig-test") == std::string::npos)
                continue;
            (void)co_await engine.remove(container.id, true);
        }
    }
};

std::optional<std::string> docker_of_this_run() {
    auto docker = test::real_docker();
    if (docker && !test::real_image()) docker.reset();
    return docker;
}

Async<void> whole_life(Rig& rig) {
    auto job = rig.job("rig-test", "trap 'exit 0' TERM; while :; do sleep 0.1; done");
    job.ports = {{"http", {.internal_port = 80}}};
    job.env = {{"COLOUR", "blue"}};
    rig.boot();
    co_await rig.deploy(job);
    auto const first = co_await rig.running(job);
    REQUIRE(first);
    auto const container = first->container_id.value();
    auto const before = co_await rig.engine.inspect(container);
    REQUIRE(before);
    CHECK(before->running);
    CHECK(before->labels.at("helios.job.id") == job.id.to_string());
    auto const port = first->ports.at("http").external_port;
    CHECK((port >= 23000 && port < 24000));

    // The agent goes and comes; the container does not notice.
    co_await rig.shut_down();
    rig.boot();
    co_await rig.deploy(rig.job("rig-test-other", "sleep 60"));
    auto const other = co_await rig.running(rig.job("rig-test-other", "sleep 60"));
    CHECK(other);
    auto const after = co_await rig.engine.inspect(container);
    REQUIRE(after);
    CHECK(after->running);
    CHECK(after->started_at == before->started_at);

    // Killed behind its back, it is replaced, with the same port.
    (co_await rig.engine.kill(container)).value();
    auto const second = co_await rig.running(job, container);
    REQUIRE(second);
    CHECK(second->ports.at("http").external_port == port);

    co_await rig.undeploy(job);
    auto const gone = co_await rig.await_status(job, [](auto const& status) { return !status; });
    CHECK(!gone);
    auto const end = co_await rig.engine.inspect(second->container_id.value());
    REQUIRE(end);
    CHECK(!end->running);
    CHECK(end->exit_code == 0); // by SIGTERM, not by SIGKILL
}

TEST_CASE("agent on docker: deploy, restart of the agent, death, undeploy") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Rig rig(*docker);
    rig.run(whole_life(rig));
}

Async<void> many(Rig& rig, int count) {
    rig.boot();
    for (int i = 0; i < count; ++i)
        co_await rig.deploy(rig.job(fmt::format("rig-test-{}", i), "sleep 60"));
    for (int i = 0; i < count; ++i) {
        auto const status = co_await rig.running(rig.job(fmt::format("rig-test-{}", i), ""));
        CHECK(status);
    }
    docker::ListFilter const filter{.label = "helios.job.id"};
    auto const listed = co_await rig.engine.list(filter);
    CHECK(listed->size() >= static_cast<std::size_t>(count));
}

TEST_CASE("agent on docker: twenty deploys at once") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Rig rig(*docker);
    rig.run(many(rig, 20));
}

/// How long the same calls take when they are made by hand.
Async<Duration> by_hand(Rig& rig, std::string name) {
    docker::ContainerSpec spec{.name = name, .image = rig.image};
    spec.command = {"sh", "-c", "sleep 60"};
    spec.labels = {{"helios.job.id", name}};
    auto const begin = rig.world.clock.now();
    (co_await rig.engine.pull(rig.image)).value();
    (co_await rig.engine.has_image(rig.image)).value();
    auto const id = (co_await rig.engine.create(spec)).value();
    (co_await rig.engine.start(id)).value();
    co_return rig.world.clock.now() - begin;
}

Async<Duration> by_agent(Rig& rig, model::Job job) {
    auto const begin = rig.world.clock.now();
    co_await rig.deploy(job);
    auto const status = co_await rig.running(job);
    CHECK(status);
    co_return rig.world.clock.now() - begin;
}

double median_ms(std::vector<Duration> times) {
    std::ranges::sort(times);
    return std::chrono::duration<double, std::milli>(times[times.size() / 2]).count();
}

Async<void> measure_share(Rig& rig) {
    rig.boot();
    std::vector<Duration> hand, agent;
    for (int round = 0; round < 7; ++round) {
        auto const took = co_await by_hand(rig, fmt::format("helios-rig-test-hand-{}", round));
        hand.push_back(took);
        auto job = rig.job(fmt::format("rig-test-share-{}", round), "sleep 60");
        auto const took_agent = co_await by_agent(rig, job);
        agent.push_back(took_agent);
    }
    auto const share = median_ms(agent) - median_ms(hand);
    std::cout << fmt::format("agent: deploy {:.1f} ms, the same calls {:.1f} ms, own share {:.1f} "
                             "ms (p50 of 7)\n",
                             median_ms(agent), median_ms(hand), share);
    // The bar is 15 ms and belongs to the benchmark; here a loaded machine must pass too.
    CHECK(share < 150);
}

TEST_CASE("agent on docker: a deploy costs little beside the calls it makes") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Rig rig(*docker);
    rig.run(measure_share(rig));
}

Async<void> measure_restart(Rig& rig) {
    auto const job = rig.job("rig-test-mortal", "sleep 10.5");
    rig.boot();
    co_await rig.deploy(job);
    auto const first = co_await rig.running(job);
    REQUIRE(first);
    auto const second = co_await rig.running(job, first->container_id);
    REQUIRE(second);
    auto const old = co_await rig.engine.inspect(*first->container_id);
    auto const now = co_await rig.engine.inspect(*second->container_id);
    std::cout << "agent: died " << old->finished_at << ", running again " << now->started_at
              << "\n";
    CHECK(now->running);
    auto const states =
        co_await rig.master->children(layout::history_events(job.id.to_string(), "rig"));
    CHECK(states);
}

TEST_CASE("agent on docker: a container that dies after ten seconds is back at once") {
    auto const docker = docker_of_this_run();
    if (!docker) return;
    Rig rig(*docker);
    rig.run(measure_restart(rig));
}

} // namespace
} // namespace heliosd::agent
