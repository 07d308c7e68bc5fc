// SPDX-License-Identifier: Apache-2.0
#include "unit/agent/site.h"

#include "layout/paths.h"

#include <ranges>
#include <utility>

namespace heliosd::agent::test {

using namespace std::chrono_literals;

Machine::Machine(World& world, store::EmbeddedEnsemble& ensemble, FakeEngine& engine,
                 std::string name)
    : world_(world), ensemble_(ensemble), engine_(engine), group_(world.executor()) {
    options.name = std::move(name);
    options.state_dir = "/state";
}

void Machine::boot(std::string id) {
    options.id.reset();
    if (!id.empty()) options.id = std::move(id);
    outcome_.reset();
    store = ensemble_.connect();
    agent_.emplace(options, Agent::Services{.executor = world_.executor(),
                                            .clock = world_.clock,
                                            .rng = rng_,
                                            .files = files,
                                            .offload = offload_,
                                            .store = *store,
                                            .engine = engine_,
                                            .probe = [](PortQuery const&) { return true; }});
    group_.spawn("agent", run());
}

Async<void> Machine::run() {
    outcome_ = co_await agent_->run();
}

Async<void> Machine::shut_down() {
    group_.cancel();
    co_await group_.drained();
    agent_.reset();
    if (store) store->close();
}

Async<void> Machine::crash() {
    auto const content = files.content;
    store->set_online(false);
    group_.cancel();
    co_await group_.drained();
    agent_.reset();
    store->close();
    files.content = content;
}

Site::Site() : master(ensemble.connect()), h1(world, ensemble, engine, "h1") {
    engine.add_image("busybox");
    engine.set_pullable("busybox");
}

void Site::run(Async<void> scenario) {
    world.run(play(std::move(scenario)));
}

Async<void> Site::play(Async<void> scenario) {
    std::exception_ptr failure;
    try {
        co_await std::move(scenario);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await h1.shut_down();
    if (failure) std::rethrow_exception(failure);
}

Async<void> Site::deploy(model::Job job, model::Goal goal, std::string host) {
    auto const id = job.id.to_string();
    (co_await store::ensure_path(*master, layout::job(id))).value();
    (co_await store::ensure_path(*master, layout::host_jobs(host))).value();
    model::Task const task{.job = job, .goal = goal};
    auto const path = layout::host_job(host, id);
    auto const text = json::write(to_json(task, model::Mode::common));
    (co_await master->create(path, text, store::CreateMode::persistent)).value();
    (co_await master->create(path + "/creation-1", "", store::CreateMode::persistent)).value();
}

Async<std::string> Site::start(model::Job job) {
    co_await deploy(job);
    auto const running = co_await reaches(job, model::TaskState::running);
    if (!running) throw std::runtime_error(job.id.to_string() + " does not reach RUNNING");
    auto const now = co_await status(job);
    co_return now->container_id.value();
}

Async<void> Site::set_goal(model::Job job, model::Goal goal) {
    model::Task const task{.job = job, .goal = goal};
    auto const text = json::write(to_json(task, model::Mode::common));
    auto const path = layout::host_job("h1", job.id.to_string());
    (co_await master->set(path, text, store::any_version)).value();
}

Async<void> Site::undeploy(model::Job job) {
    auto const path = layout::host_job("h1", job.id.to_string());
    std::vector<store::Op> ops{store::Remove{path + "/creation-1"}, store::Remove{path}};
    auto const outcome = co_await master->multi(std::move(ops));
    if (!outcome) throw std::runtime_error(outcome.error().error.message);
}

Async<void> Site::remove_tree(std::string root) {
    auto const tree = co_await store::list_tree(*master, std::move(root));
    std::vector<store::Op> ops;
    for (auto const& path : tree.value() | std::views::reverse) ops.push_back(store::Remove{path});
    auto const outcome = co_await master->multi(std::move(ops));
    if (!outcome) throw std::runtime_error(outcome.error().error.message);
}

Async<std::optional<model::TaskStatus>> Site::status(model::Job job) {
    auto const node = co_await master->get(layout::status_job("h1", job.id.to_string()));
    if (!node) co_return std::nullopt;
    co_return model::task_status_from_json(json::parse(node->data).value()).value();
}

Async<bool> Site::reaches(model::Job job, model::TaskState state, Duration limit) {
    auto const deadline = world.clock.now() + limit;
    for (;;) {
        auto const now = co_await status(job);
        if (now && now->state == state) co_return true;
        if (world.clock.now() >= deadline) co_return false;
        co_await world.clock.sleep(10ms);
    }
}

Async<std::vector<std::string>> Site::history(model::Job job) {
    // It is written once a second.
    co_await world.clock.sleep(3s);
    auto const place = layout::history_events(job.id.to_string(), "h1");
    std::vector<std::string> states;
    auto const names = co_await master->children(place);
    if (!names) co_return states;
    for (auto const& name : *names) {
        auto const node = co_await master->get(store::join(place, name));
        auto const status =
            model::task_status_from_json(json::parse(node.value().data).value()).value();
        std::string text(to_string(status.state));
        if (status.throttled != model::Throttle::no)
            text += "/" + std::string(to_string(status.throttled));
        states.push_back(std::move(text));
    }
    co_return states;
}

Async<bool> Site::exists(std::string path) {
    auto const stat = co_await master->exists(std::move(path));
    co_return stat.value().has_value();
}

Async<std::string> Site::data(std::string path) {
    auto node = co_await master->get(std::move(path));
    co_return node ? std::move(node->data) : std::string("absent");
}

} // namespace heliosd::agent::test
