// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include "base/async/task_group.h"

#include <map>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace heliosd::bench {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> const forever{"sleep", "3600"};

double ms_since(Clock& clock, SteadyTime start) {
    return std::chrono::duration<double, std::milli>(clock.now() - start).count();
}

std::string seconds(WallTime time) {
    auto const ms = time.time_since_epoch().count();
    return fmt::format("{}.{:03}", ms / 1000, ms % 1000);
}

Async<void> run_raw(RawDocker& docker, std::string image, std::vector<std::string>& ids) {
    auto id = co_await docker.run(image, forever);
    ids.push_back(std::move(id));
}

Async<void> deploy_and_wait(Api& api, std::string id, std::string host, Duration pause) {
    co_await api.deploy(id, host);
    co_await api.running(id, host, 60s, pause);
}

/// Waits for all children and passes the first failure on.
struct Parallel {
    std::exception_ptr failure;
    TaskGroup group;

    explicit Parallel(Executor executor)
        : group(executor, [this](std::string_view, std::exception_ptr f) { failure = f; }) {}
    Async<void> join() {
        co_await group.drained();
        if (failure) std::rethrow_exception(failure);
    }
};

/// Die and start events of one round: by container for Docker's own, by job for ours.
struct Restarts {
    std::map<std::string, double> died; ///< ms since the epoch
    std::vector<double> took;

    void see(std::string const& key, std::string const& action, double at) {
        if (action == "die") died.emplace(key, at);
        if (action == "start" && died.contains(key)) {
            took.push_back(at - died[key]);
            died.erase(key);
        }
    }
};

void read_events(std::string const& body, Restarts& ours, Restarts& floor) {
    std::istringstream lines(body);
    for (std::string line; std::getline(lines, line);) {
        auto const event = json::parse(line);
        if (!event) continue;
        auto const* actor = event->find("Actor");
        auto const* attributes = actor ? actor->find("Attributes") : nullptr;
        auto const* action = event->find("Action");
        auto const* time = event->find("timeNano");
        if (!attributes || !action || !time) continue;
        double const at = static_cast<double>(time->if_integer().value_or(0)) / 1e6;
        if (auto const* job = attributes->find("helios.job.id"))
            ours.see(*job->if_string(), *action->if_string(), at);
        else if (attributes->find("heliosd.bench"))
            floor.see(*actor->find("ID")->if_string(), *action->if_string(), at);
    }
}

} // namespace

Async<Rounds> measure_deploy(Api& api, RawDocker& docker, Clock& clock, std::string host,
                             std::string image, int rounds) {
    Rounds measured;
    for (int round = 0; round < rounds; ++round) {
        auto start = clock.now();
        auto const raw = co_await docker.run(image, forever);
        measured.floor.push_back(ms_since(clock, start));
        co_await docker.remove(raw);

        auto const job = co_await api.create(fmt::format("bench-deploy:{}", round), image, forever);
        start = clock.now();
        co_await deploy_and_wait(api, job, host, 500us);
        measured.ours.push_back(ms_since(clock, start));
        co_await api.remove(job, host);
        co_await docker.remove_all();
    }
    co_return measured;
}

Async<Rounds> measure_burst(Api& api, RawDocker& docker, Clock& clock, std::string host,
                            std::string image, int count, int rounds) {
    Rounds measured;
    auto const executor = co_await asio::this_coro::executor;
    for (int round = 0; round < rounds; ++round) {
        {
            Parallel parallel(executor);
            std::vector<std::string> ids;
            auto const start = clock.now();
            for (int i = 0; i < count; ++i)
                parallel.group.spawn("raw", run_raw(docker, image, ids));
            co_await parallel.join();
            measured.floor.push_back(ms_since(clock, start));
        }
        co_await docker.remove_all();

        std::vector<std::string> jobs;
        for (int i = 0; i < count; ++i) {
            auto job =
                co_await api.create(fmt::format("bench-burst-{}:{}", i, round), image, forever);
            jobs.push_back(std::move(job));
        }
        {
            Parallel parallel(executor);
            auto const start = clock.now();
            // Twenty that look without a pause would take the processor from Docker.
            for (auto const& job : jobs)
                parallel.group.spawn("ours", deploy_and_wait(api, job, host, 10ms));
            co_await parallel.join();
            measured.ours.push_back(ms_since(clock, start));
        }
        Parallel parallel(executor);
        for (auto const& job : jobs) parallel.group.spawn("remove", api.remove(job, host));
        co_await parallel.join();
        co_await docker.remove_all();
    }
    co_return measured;
}

Async<Rounds> measure_restart(Api& api, RawDocker& docker, Clock& clock, std::string host,
                              std::string image, int containers) {
    std::vector<std::string> const eleven_seconds{"sleep", "11"};
    auto const since = clock.wall();
    std::vector<std::string> jobs;
    for (int i = 0; i < containers; ++i) {
        // Apart from each other, so that each death is handled alone.
        co_await docker.run(image, eleven_seconds, "always");
        co_await clock.sleep(450ms);
        auto job = co_await api.create(fmt::format("bench-restart-{}:1", i), image, eleven_seconds);
        co_await deploy_and_wait(api, job, host, 10ms);
        jobs.push_back(std::move(job));
        co_await clock.sleep(450ms);
    }
    co_await clock.sleep(14s);
    auto const body = co_await docker.events(seconds(since), seconds(clock.wall()));
    Restarts ours, floor;
    read_events(body, ours, floor);
    co_await docker.remove_all();
    for (auto const& job : jobs) co_await api.remove(job, host);
    co_await docker.remove_all();
    if (ours.took.empty() || floor.took.empty()) throw std::runtime_error("nothing was restarted");
    co_return Rounds{.ours = ours.took, .floor = floor.took};
}

} // namespace heliosd::bench
