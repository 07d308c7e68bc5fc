// SPDX-License-Identifier: Apache-2.0
#include "sim/drill.h"

#include "base/log.h"
#include "sim/checks.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace heliosd::sim {

using namespace std::chrono_literals;
using Kind = Operation::Kind;

namespace {

constexpr int operators = 3;

model::Job job_named(std::string name, std::string image) {
    model::Job job;
    job.id = {std::move(name), "1", std::nullopt};
    job.image = std::move(image);
    job.command = {"sleep", "3600"};
    job.seconds_to_wait_before_kill = 5;
    return job;
}

std::vector<JobPlan> plan_jobs() {
    auto web = job_named("web", "busybox:latest");
    web.ports["http"] = {.internal_port = 80, .external_port = 8080};
    auto cache = job_named("cache", "slow:1");
    cache.ports["http"] = {.internal_port = 80, .external_port = 8080};
    auto batch = job_named("batch", "stubborn:1");
    batch.ports["any"] = {.internal_port = 81};
    std::vector<JobPlan> jobs;
    for (auto& job : {web, cache, batch}) jobs.push_back(plan_job(job));
    return jobs;
}

} // namespace

Drill::Drill(std::uint64_t seed, std::size_t trace_lines)
    : cluster_({.seed = seed, .masters = 2, .agents = 2, .trace_lines = trace_lines}),
      rng_(cluster_.rng),
      trace_(cluster_.trace),
      history_(cluster_.ensemble),
      jobs_(plan_jobs()),
      operators_(cluster_.world.executor()) {
    auto const flip = [&] { return rng_.below(2) == 0; };
    weather_ = {.lag = flip(),
                .connections = flip(),
                .expiry = flip(),
                .masters = flip(),
                .agents = flip(),
                .calls = flip(),
                .daemons = flip(),
                .exits = flip(),
                .removals = flip()};
    storm_length_ = 15s + up_to(30s);
    for (auto const& host : cluster_.hosts) {
        host_names_.push_back(host->name());
        auto& engine = host->engine();
        engine.add_image("busybox");
        engine.add_image("slow:1", {.stop_takes = 2s, .exit_code = 0});
        engine.add_image("stubborn:1", {.ignores_term = true});
        host->on_stop([this, docker = host.get()](auto const& container, std::string_view call) {
            if (!is_stop_wanted(history_, *docker, container, docker->created(container.info.id)))
                complain(fmt::format("{}: {} of {} was asked by nobody", docker->name(), call,
                                     container.info.name));
        });
    }
}

Drill::Report Drill::run() {
    try {
        cluster_.run(scenario());
    } catch (...) {
        // It cannot even be taken apart any more.
        fmt::print("{}{}\n", trace_.tail(), message_of(std::current_exception()));
        std::abort();
    }
    return {trace_.hash(), trace_.tail(), problem_, converged_, operations_};
}

void Drill::narrate() {
    log::set_level(log::Level::debug);
    log::set_sink([this](std::string_view line) { trace_.note(line); });
}

void Drill::complain(std::string problem) {
    trace_.add("PROBLEM: {}", problem);
    if (problem_.empty()) problem_ = std::move(problem);
}

std::chrono::milliseconds Drill::up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds{rng_.below(static_cast<std::uint64_t>(most.count()) + 1)};
}

Async<void> Drill::scenario() {
    auto& clock = cluster_.world.clock;
    co_await clock.sleep(up_to(3s));
    co_await operators_.scope(turmoil());
    co_await settle();
}

Async<void> Drill::turmoil() {
    for (int i = 0; i < operators; ++i) operators_.spawn("operator", operate(i));
    co_await storm();
    calm_down();
    co_await operators_.drained();
}

// --- operators

Async<void> Drill::operate(int number) {
    auto& clock = cluster_.world.clock;
    for (int count = 0; stormy_; ++count) {
        co_await clock.sleep(up_to(rng_.below(3) == 0 ? 6s : 800ms));
        co_await perform(draw(number, count));
    }
}

Operation Drill::draw(int number, int count) {
    // Often enough what leads somewhere: jobs are created and deployed more than taken away.
    static constexpr std::array kinds{Kind::create,    Kind::create,   Kind::deploy,   Kind::deploy,
                                      Kind::deploy,    Kind::stop,     Kind::start,    Kind::start,
                                      Kind::remove,    Kind::undeploy, Kind::undeploy, Kind::enrol,
                                      Kind::deregister};
    Operation operation{.kind = kinds.at(rng_.below(kinds.size())),
                        .user = fmt::format("op{}-{}", number, count)};
    if (operation.kind == Kind::deregister && !weather_.removals) operation.kind = Kind::enrol;
    auto const kind = operation.kind;
    bool const on_host = kind != Kind::create && kind != Kind::remove;
    bool const of_job = kind != Kind::enrol && kind != Kind::deregister;
    if (of_job) operation.job = &jobs_[rng_.below(jobs_.size())];
    if (on_host) operation.host = host_names_[rng_.below(host_names_.size())];
    return operation;
}

/// What can change what the operation changes.
std::string Drill::key_of(Operation const& operation) const {
    if (operation.kind == Kind::create || operation.kind == Kind::remove) return operation.job->id;
    return operation.host;
}

Async<void> Drill::perform(Operation operation) {
    auto& clock = cluster_.world.clock;
    auto& master = *cluster_.masters[rng_.below(cluster_.masters.size())];
    auto const key = key_of(operation);
    auto const call = call_for(operation);
    auto const first = history_.now();
    operation.alone = !under_way_.contains(key) && lingering_[key] <= clock.now();
    trace_.add("{} asks {}", describe(operation), master.name());
    ++operations_;
    under_way_.insert(key);
    auto const begun = ++begun_[key];
    auto const reply = co_await master.call(call.method, call.target, call.body);
    under_way_.erase(under_way_.find(key));
    if (!reply || reply->status >= 500) lingering_[key] = clock.now() + 20s;
    if (!reply) {
        trace_.add("{}: {}", describe(operation), reply.error().message);
        co_return;
    }
    trace_.add("{}: {} {}", describe(operation), reply->status, reply->word());
    if (begun_[key] != begun) operation.alone = false;
    History::Window const window{first, history_.now()};
    auto problem = judge(operation, *reply, history_, window, host_names_);
    if (problem) complain(std::move(*problem));
}

// --- calm

void Drill::calm_down() {
    stormy_ = false;
    trace_.add("calm");
    auto& ensemble = cluster_.ensemble;
    for (std::size_t server = 0; server < ensemble.servers(); ++server) {
        ensemble.set_lag(server, server == 0 ? 0ms : 2ms);
        ensemble.set_up(server, true);
    }
    for (auto const& host : cluster_.hosts) {
        host->faults = {};
        host->hurry();
        host->set_frozen(false);
        if (host->is_down()) host->come_back();
    }
    for (auto const& agent : cluster_.agents) {
        agent->files.fail_writes.clear();
        if (!agent->is_up()) agent->boot();
    }
    for (auto const& master : cluster_.masters)
        if (!master->is_up()) master->boot();
    auto const reconnect = [](LaggingStore* store) {
        for (auto const& session : store->sessions()) session->set_reachable(true);
    };
    for (auto const& agent : cluster_.agents) reconnect(agent->store());
    for (auto const& master : cluster_.masters) reconnect(master->store());
}

Async<void> Drill::settle() {
    auto& clock = cluster_.world.clock;
    auto const calm = clock.now();
    // Besides the 30 s, a sweep of the containers may be due.
    constexpr Duration limit = 60s;
    std::optional<std::string> difference;
    for (;;) {
        difference = find_difference(cluster_, history_);
        if (!difference || clock.now() - calm >= limit) break;
        co_await clock.sleep(500ms);
    }
    converged_ = clock.now() - calm;
    if (difference) {
        complain(*difference);
        co_return;
    }
    trace_.add("converged");
    // And it stays so.
    co_await clock.sleep(35s);
    difference = find_difference(cluster_, history_);
    if (difference) complain("later: " + *difference);
}

} // namespace heliosd::sim
