// SPDX-License-Identifier: Apache-2.0
// One run, one table: what heliosd takes beside what Docker itself takes for the same work,
// measured in turn, and where the reference can do the same work, beside it too.
//
// usage: tests/support/with-servers bench PROGRAM [WHAT ...]   WHAT: program memory deploy restart
//                                                              burst cli stall; without, all of
//                                                              them
// HELIOSD_REFERENCE_DIR names the fetched reference and HELIOSD_REFERENCE its `java-helios`;
// without them its column stays empty.
#include "bench/figures.h"
#include "bench/measure.h"

#include "net/http/client.h"
#include "net/resolver.h"
#include "support/process.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace heliosd::bench {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::free_port;
using test::Process;
using test::run_timed;

std::string setting(char const* name) {
    char const* value = std::getenv(name);
    return value ? value : "";
}

/// The real world, and what was asked of it.
struct Bench {
    asio::io_context loop{1};
    RealClock clock;
    net::SystemResolver resolver{clock};
    net::RealHttpClient http{resolver};
    std::string program, docker = setting("HELIOSD_TEST_DOCKER"), zk = setting("HELIOSD_TEST_ZK"),
                         image = setting("HELIOSD_TEST_IMAGE");
    fs::path scratch = fs::temp_directory_path() / fmt::format("heliosd-bench.{}", getpid());
    std::vector<Figure> figures;

    template <class T> T run(Async<T> body) {
        std::optional<T> value;
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr f, T v) {
            failure = f;
            if (!f) value.emplace(std::move(v));
        });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
        return std::move(value.value());
    }
    void run(Async<void> body) {
        std::exception_ptr failure;
        asio::co_spawn(loop, std::move(body), [&](std::exception_ptr f) { failure = f; });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
    }
    std::string directory(std::string const& name) {
        fs::create_directories(scratch / name);
        return (scratch / name).string();
    }
    net::Endpoint endpoint(std::string const& text) {
        auto parsed = net::parse_endpoint(text, 0, "endpoint");
        if (!parsed) throw std::runtime_error(parsed.error().message);
        return *parsed;
    }
    std::string log(std::string const& name) { return (scratch / (name + ".log")).string(); }
};

/// A master and an agent, or both in one, with the API to talk to them.
struct Cluster {
    std::vector<std::unique_ptr<Process>> processes;
    std::string address, host;
    std::optional<Api> api;
};

void wait_until_up(Bench& bench, Cluster& cluster, std::uint16_t port, Duration limit) {
    cluster.address = fmt::format("127.0.0.1:{}", port);
    cluster.api.emplace(bench.http, bench.clock, bench.endpoint(cluster.address));
    cluster.host = bench.run(cluster.api->host_up(limit));
}

Cluster start_solo(Bench& bench) {
    Cluster cluster;
    auto const port = free_port();
    cluster.processes.push_back(std::make_unique<Process>(
        std::vector<std::string>{bench.program, "solo", "--state-dir", bench.directory("solo"),
                                 "--docker", bench.docker, "--http",
                                 fmt::format("127.0.0.1:{}", port)},
        bench.log("solo")));
    wait_until_up(bench, cluster, port, 10s);
    return cluster;
}

/// `prefix` is the command in front of `master` and `agent`.
Cluster start_pair(Bench& bench, std::vector<std::string> const& prefix, std::string const& name,
                   Duration limit) {
    Cluster cluster;
    auto const port = free_port();
    auto start = [&](std::string const& role, std::uint16_t http, bool with_docker) {
        auto command = prefix;
        auto const own = name + "-" + role;
        for (auto const& word :
             {role, std::string("--zk"), bench.zk, std::string("--name"), own,
              std::string("--http"), fmt::format("http://127.0.0.1:{}", http),
              std::string("--admin"), fmt::format("http://127.0.0.1:{}", free_port()),
              std::string("--state-dir"), bench.directory(own)})
            command.push_back(word);
        if (with_docker) command.insert(command.end(), {"--docker", bench.docker});
        cluster.processes.push_back(std::make_unique<Process>(command, bench.log(own)));
    };
    start("master", port, false);
    start("agent", free_port(), true);
    wait_until_up(bench, cluster, port, limit);
    return cluster;
}

void program_figures(Bench& bench) {
    std::vector<double> starts, floors;
    for (int i = 0; i < 40; ++i) {
        floors.push_back(run_timed({"/bin/true"}));
        starts.push_back(run_timed({bench.program, "--version"}));
    }
    bench.figures.push_back({.what = "heliosd --version (floor: /bin/true)",
                             .ours = ms(median(starts)),
                             .floor = ms(median(floors)),
                             .bar = "<= 5 ms",
                             .met = median(starts) <= 5});
    auto const stripped = (bench.scratch / "stripped").string();
    run_timed({"strip", "-o", stripped, bench.program});
    auto const size = static_cast<double>(fs::file_size(stripped));
    bench.figures.push_back({.what = "binary, stripped",
                             .ours = megabytes(size),
                             .bar = "<= 10 MB",
                             .met = size <= 10e6});
}

void memory_figure(Bench& bench, std::string what, Process const& process, double bar) {
    auto const rss = static_cast<double>(process.rss());
    bench.figures.push_back(
        {.what = what + ": RSS (RssAnon), idle, one job",
         .ours = fmt::format("{} ({})", megabytes(rss),
                             megabytes(static_cast<double>(process.rss_anon()))),
         .bar = fmt::format("<= {:.0f} MB", bar),
         .met = rss <= bar * 1e6});
}

Async<void> one_job(Cluster& cluster, std::string image) {
    auto const job = co_await cluster.api->create("bench-idle:1", image, {"sleep", "3600"});
    co_await cluster.api->deploy(job, cluster.host);
    co_await cluster.api->running(job, cluster.host, 60s, 10ms);
}

void memory_figures(Bench& bench, Cluster& solo) {
    RawDocker docker(bench.http, bench.endpoint(bench.docker));
    bench.run(one_job(solo, bench.image));
    bench.run(bench.clock.sleep(2s));
    memory_figure(bench, "solo", *solo.processes[0], 16);
    if (!bench.zk.empty()) {
        auto pair = start_pair(bench, {bench.program}, "ours", 20s);
        bench.run(one_job(pair, bench.image));
        bench.run(bench.clock.sleep(2s));
        memory_figure(bench, "master", *pair.processes[0], 10);
        memory_figure(bench, "agent", *pair.processes[1], 10);
    }
    bench.run(docker.remove_all());
}

void deploy_figures(Bench& bench, Cluster& solo) {
    RawDocker docker(bench.http, bench.endpoint(bench.docker));
    int const rounds = 21;
    auto const measured =
        bench.run(measure_deploy(*solo.api, docker, bench.clock, solo.host, bench.image, rounds));
    std::vector<double> share;
    for (int i = 0; i < rounds; ++i) share.push_back(measured.ours[i] - measured.floor[i]);

    std::string reference;
    auto const script = setting("HELIOSD_REFERENCE"), jars = setting("HELIOSD_REFERENCE_DIR");
    if (!script.empty() && !jars.empty() && !bench.zk.empty()) {
        auto theirs = start_pair(bench, {script, jars}, "reference", 90s);
        auto const host = std::string("reference-agent");
        auto const other =
            bench.run(measure_deploy(*theirs.api, docker, bench.clock, host, bench.image, 7));
        reference = fmt::format("{} (share {})", ms(median(other.ours)),
                                ms(median(other.ours) - median(other.floor)));
    }
    bench.figures.push_back({.what = "deploy: request -> RUNNING, p50 (floor: raw Engine calls)",
                             .ours = ms(median(measured.ours)),
                             .floor = ms(median(measured.floor)),
                             .reference = reference,
                             .ratio = times(median(measured.ours) / median(measured.floor))});
    bench.figures.push_back(
        {.what = "deploy: own share, p50 of differences, and of medians",
         .ours = fmt::format("{} / {}", ms(median(share)),
                             ms(median(measured.ours) - median(measured.floor))),
         .bar = "<= 15 ms",
         .met = median(share) <= 15});
}

void restart_figures(Bench& bench, Cluster& solo) {
    RawDocker docker(bench.http, bench.endpoint(bench.docker));
    auto const measured =
        bench.run(measure_restart(*solo.api, docker, bench.clock, solo.host, bench.image, 6));
    double const ours = median(measured.ours), floor = median(measured.floor);
    bench.figures.push_back({.what = "restart after a death, >= 10 s run (floor: restart=always)",
                             .ours = ms(ours),
                             .floor = ms(floor),
                             .ratio = times(ours / floor),
                             .bar = "< floor",
                             .met = ours < floor});
}

void burst_figures(Bench& bench, Cluster& solo) {
    RawDocker docker(bench.http, bench.endpoint(bench.docker));
    auto const measured =
        bench.run(measure_burst(*solo.api, docker, bench.clock, solo.host, bench.image, 20, 5));
    std::vector<double> rates;
    for (std::size_t i = 0; i < measured.ours.size(); ++i)
        rates.push_back(measured.floor[i] / measured.ours[i]);
    bench.figures.push_back({.what = "20 deploys at once (floor: raw, parallel)",
                             .ours = ms(median(measured.ours)),
                             .floor = ms(median(measured.floor)),
                             .ratio = fmt::format("{:.0f} % of the rate", 100 * median(rates)),
                             .bar = ">= 90 %",
                             .met = median(rates) >= 0.9});
}

void cli_figures(Bench& bench, Cluster& solo) {
    std::vector<double> ours, floor;
    for (int i = 0; i < 20; ++i) {
        floor.push_back(run_timed({"/bin/true"}));
        ours.push_back(run_timed({bench.program, "cli", "-z", solo.address, "masters"}));
    }
    std::string reference;
    auto const script = setting("HELIOSD_REFERENCE"), jars = setting("HELIOSD_REFERENCE_DIR");
    if (!script.empty() && !jars.empty()) {
        std::vector<double> theirs;
        for (int i = 0; i < 3; ++i)
            theirs.push_back(
                run_timed({script, jars, "cli", "-z", "http://" + solo.address, "masters"}));
        reference = ms(median(theirs));
    }
    bench.figures.push_back({.what = "helios masters, wall time (floor: /bin/true)",
                             .ours = ms(median(ours)),
                             .floor = ms(median(floor)),
                             .reference = reference});
}

void stall_figures(Bench& bench) {
    double const longest = measure_stall();
    bench.figures.push_back({.what = "longest stall of the loop, fsync made to take 50 ms",
                             .ours = ms(longest),
                             .bar = "<= 5 ms",
                             .met = longest <= 5});
}

int run(int argc, char** argv) {
    if (argc < 2) throw std::runtime_error("usage: bench PROGRAM [WHAT ...]");
    Bench bench;
    bench.program = argv[1];
    std::set<std::string> const asked(argv + 2, argv + argc);
    auto wanted = [&](char const* what) { return asked.empty() || asked.contains(what); };
    fs::create_directories(bench.scratch);
    if (wanted("program")) program_figures(bench);
    if (wanted("stall")) stall_figures(bench);
    bool const with_docker = !bench.docker.empty() && !bench.image.empty();
    if (!with_docker)
        fmt::print("SKIPPED: everything that needs Docker: HELIOSD_TEST_DOCKER is not set\n");
    if (with_docker) {
        auto solo = start_solo(bench);
        if (wanted("deploy")) deploy_figures(bench, solo);
        if (wanted("burst")) burst_figures(bench, solo);
        if (wanted("restart")) restart_figures(bench, solo);
        if (wanted("cli")) cli_figures(bench, solo);
    }
    if (with_docker && wanted("memory")) {
        fs::remove_all(bench.scratch / "solo");
        auto solo = start_solo(bench);
        memory_figures(bench, solo);
    }
    bool const all = print(bench.figures);
    fs::remove_all(bench.scratch);
    return all ? 0 : 1;
}

} // namespace
} // namespace heliosd::bench

int main(int argc, char** argv) {
    try {
        return heliosd::bench::run(argc, argv);
    } catch (std::exception const& e) {
        fmt::print(stderr, "bench: {}\n", e.what());
        return 2;
    }
}
