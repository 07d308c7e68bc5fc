// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include "base/text.h"
#include "cli/global_options.h"
#include "cli/several_targets.h"
#include "cli/targets.h"
#include "cli/times.h"
#include "cli/trace.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

namespace heliosd::cli {

namespace {

/// Diagnostics on stderr, as the log lines of the reference (spec/cli.md §7).
void note(Surroundings& world, std::string_view level, std::string_view what) {
    world.err << fmt::format("{} {:<5} helios: {}\n", clock_time(world.clock.wall()), level, what)
              << std::flush;
}

int usage_error(Surroundings& world, std::string const& usage, Error const& error) {
    world.err << usage << "helios: error: " << error.message << "\n";
    return 1;
}

int failure(Surroundings& world, Error const& error) {
    world.out << std::flush;
    world.err << error.message << "\n";
    return 1;
}

int show_version(Surroundings& world) {
    world.out << "Spotify Helios CLI " << model::protocol_version
              << "\nTested on Docker 20.10.24\n";
    return 0;
}

/// The command and all that was said about it.
struct Request {
    Command const* command = nullptr;
    options::Parsed words;
};

/// What the words ask for; or the exit code, when they are wrong or only ask for help.
std::expected<Request, int> understand(std::vector<std::string> const& words, Surroundings& world) {
    auto const width = help_width(world.environment);
    auto const leading_set = options::OptionSet({}, {}, global_options());
    auto usage = [&] {
        auto help = program_help(width);
        return help.substr(0, help.find("\n\n") + 1);
    };
    if (words.empty()) {
        world.out << program_help(width);
        return std::unexpected(1);
    }
    std::vector<char const*> pointers;
    for (auto const& word : words) pointers.push_back(word.c_str());
    std::span<char const* const> all(pointers);

    auto leading = leading_set.parse_leading(all);
    if (!leading) return std::unexpected(usage_error(world, usage(), leading.error()));
    if (auto ended = leading->parsed.ended_by()) {
        if (*ended == "version") return std::unexpected(show_version(world));
        world.out << program_help(width);
        return std::unexpected(0);
    }
    auto const rest = all.subspan(leading->words);
    if (rest.empty()) {
        return std::unexpected(usage_error(world, usage(), {Errc::invalid, "too few arguments"}));
    }
    if (leading->separator) {
        auto const what = fmt::format("unrecognized arguments: '{}'", fmt::join(rest, " "));
        return std::unexpected(usage_error(world, usage(), {Errc::invalid, what}));
    }
    auto const name = match_command(rest[0], command_names());
    if (!name) return std::unexpected(usage_error(world, usage(), name.error()));
    auto const table = commands();
    auto const command = std::find_if(table.begin(), table.end(),
                                      [&](Command const& each) { return each.name == *name; });

    auto const set = options_of(*command);
    auto parsed = set.parse(rest.subspan(1), std::move(leading->parsed));
    if (!parsed) {
        auto const line = set.usage(fmt::format("helios {}", command->name), width);
        return std::unexpected(usage_error(world, line, parsed.error()));
    }
    if (auto ended = parsed->ended_by()) {
        if (*ended == "version") return std::unexpected(show_version(world));
        world.out << command_help(*command, width);
        return std::unexpected(0);
    }
    return Request{.command = &*command, .words = std::move(*parsed)};
}

/// Who is called, how, and by whom.
struct Caller {
    std::string user;
    Limits limits;
};

Async<int> run_on(Target target, Request request, Caller caller, Surroundings& world) {
    client::Options options{.addresses = {target.address},
                            .user = std::move(caller.user),
                            .attempt_limit = caller.limits.attempt,
                            .retry_limit = caller.limits.retries};
    auto* surroundings = &world;
    options.warn = [surroundings](std::string const& what) { note(*surroundings, "WARN", what); };
    TracingHttp tracing(world.http, world.clock, [surroundings](std::string const& line) {
        note(*surroundings, "DEBUG", line);
    });
    bool const traced = request.words.count("verbose") > 1;
    net::HttpClient& http = traced ? static_cast<net::HttpClient&>(tracing) : world.http;
    bool const reachable = !target.name.empty();
    if (!reachable) options.addresses.clear();
    client::MasterClient master(http, world.clock, world.rng, std::move(options));
    Session session{
        .world = world, .words = request.words, .master = master, .has_target = reachable};
    auto code = co_await request.command->run(session);
    co_return code ? *code : failure(world, code.error());
}

} // namespace

Async<int> run(std::vector<std::string> words, Surroundings& world) {
    auto request = understand(words, world);
    if (!request) co_return request.error();
    auto const limits = limits_of(request->words, world.environment);
    if (!limits) co_return failure(world, limits.error());
    auto found = find_targets(world, request->words.all("master"));
    if (!found) co_return failure(world, found.error());

    auto const& command = *request->command;
    if (found->targets.empty()) {
        if (command.needs_target) {
            auto const line = options_of(command).usage(fmt::format("helios {}", command.name),
                                                        help_width(world.environment));
            co_return usage_error(
                world, line,
                {Errc::invalid, "no masters specified.  Use the -z option or the environment "
                                "variable HELIOS_MASTER to specify which helios master to connect "
                                "to, or start heliosd solo"});
        }
        found->targets.push_back({});
    } else if (request->words.count("verbose") > 0) {
        for (auto const& target : found->targets) {
            note(world, "INFO",
                 fmt::format("talking to {}, from {}", client::to_string(target.address),
                             found->source));
        }
    }

    Caller const caller{.user = user_of(request->words, world), .limits = *limits};
    std::vector<int> codes;
    for (std::size_t i = 0; i < found->targets.size(); ++i) {
        auto const& target = found->targets[i];
        TargetPlace const place{
            .index = i, .count = found->targets.size(), .json = request->words.given("json")};
        world.out << before_target(place, target.name, {client::to_string(target.address)});
        auto const code = co_await run_on(target, *request, caller, world);
        world.out << after_target(place) << std::flush;
        codes.push_back(code);
    }
    co_return overall_exit_code(codes);
}

} // namespace heliosd::cli
