// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "cli/command_line.h"
#include "cli/several_targets.h"
#include "cli/times.h"
#include "cli/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace heliosd::cli {

namespace {

/// Diagnostics on stderr, as the log lines of the reference (spec/cli.md §7).
void log(Services& services, std::string_view level, std::string_view sentence) {
    services.err << fmt::format("{} {:<5} helios: {}\n", clock_time(services.clock.wall()), level,
                                sentence)
                 << std::flush;
}

int print(Services& services, EarlyExit const& exit) {
    services.out << exit.out;
    services.err << exit.err;
    return exit.code;
}

int print(Services& services, Error const& error) {
    services.out << std::flush;
    services.err << error.message << "\n";
    return 1;
}

/// Some commands do without a target.
Async<int> run_on(std::optional<Target> target, CommandLine line, Settings settings,
                  Services& services) {
    client::Options options{.user = settings.user,
                            .attempt_limit = settings.attempt_limit,
                            .retry_limit = settings.retry_limit,
                            .repeat_refused = settings.retry_limit_given};
    if (target) options.addresses.push_back(target->address);
    auto* const logged = &services;
    options.warn = [logged](std::string const& sentence) { log(*logged, "WARN", sentence); };
    options.stale = [logged](std::chrono::seconds age) {
        logged->err << fmt::format("helios: warning: the master's picture of the cluster is {} s "
                                   "old (it has no connection to ZooKeeper)\n",
                                   age.count())
                    << std::flush;
    };
    TracingHttp tracing(services.http, services.clock,
                        [logged](std::string const& line) { log(*logged, "DEBUG", line); });
    net::HttpClient& http =
        settings.verbosity > 1 ? static_cast<net::HttpClient&>(tracing) : services.http;
    client::MasterClient master(http, services.clock, services.rng, std::move(options));
    Session session{
        .settings = settings, .args = line.options, .services = services, .master = master};
    auto const code = co_await line.command->run(session);
    co_return code ? *code : print(services, code.error());
}

} // namespace

Async<int> run(std::vector<std::string> words, Process process, Services& services) {
    auto const width = help_width(process);
    auto const line = parse_command_line(words, width);
    if (!line) co_return print(services, line.error());
    auto const settings = make_settings(line->options, process, services.files);
    if (!settings) co_return print(services, settings.error());
    auto const& targets = settings->targets;

    if (targets.empty()) {
        if (!line->command->needs_target)
            co_return co_await run_on(std::nullopt, *line, *settings, services);
        co_return print(services, no_target(*line->command, width));
    }
    if (settings->verbosity > 0) {
        for (auto const& target : targets) {
            log(services, "INFO",
                fmt::format("talking to {}, from {}", client::to_string(target.address),
                            settings->targets_source));
        }
    }
    std::vector<int> codes;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        auto const& target = targets[i];
        TargetPlace const place{.index = i, .count = targets.size(), .json = settings->json};
        services.out << before_target(place, target.name, {client::to_string(target.address)});
        auto const code = co_await run_on(target, *line, *settings, services);
        codes.push_back(code);
        services.out << after_target(place) << std::flush;
    }
    co_return overall_exit_code(codes);
}

} // namespace heliosd::cli
