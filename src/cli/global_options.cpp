// SPDX-License-Identifier: Apache-2.0
#include "cli/global_options.h"

#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace heliosd::cli {

using options::Kind;
using options::Takes;

std::vector<options::Option> global_options() {
    return {
        {.letter = 'h', .name = "help", .takes = Takes::ending, .help = "show this help and exit"},
        {.letter = 'z',
         .name = "master",
         .takes = Takes::values,
         .placeholder = "URI",
         .help = "a master: http://HOST:PORT or HOST:PORT; each one given is a target of its own. "
                 "Else HELIOS_MASTER, masterEndpoints of ~/.helios/config, or a local heliosd "
                 "solo"},
        {.letter = 'u',
         .name = "username",
         .takes = Takes::value,
         .placeholder = "NAME",
         .help = "who asks; the login user unless given"},
        {.name = "json", .help = "print JSON where there is any"},
        {.name = "http-timeout",
         .takes = Takes::value,
         .kind = Kind::int32,
         .placeholder = "SECONDS",
         .help = "limit of one attempt of a request, 0 for none. Else HELIOS_CLI_HTTP_TIMEOUT, or "
                 "60"},
        {.name = "retry-timeout",
         .takes = Takes::value,
         .kind = Kind::int32,
         .placeholder = "SECONDS",
         .help = "how long failed attempts are repeated. Else HELIOS_CLI_TOTAL_TIMEOUT, or 240"},
        {.letter = 'v',
         .name = "verbose",
         .takes = Takes::count,
         .help = "say what is done; -vv shows each request"},
        {.name = "version", .takes = Takes::ending, .help = "show the version and exit"},
        {.name = "no-log-setup", .hidden = true},
    };
}

options::OptionSet options_of(Command const& command) {
    auto words = command.words();
    return options::OptionSet(std::move(words.options), std::move(words.positionals),
                              global_options());
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (auto const& command : commands()) names.emplace_back(command.name);
    return names;
}

Result<std::string> match_command(std::string_view word, std::span<std::string const> names) {
    auto matches = options::completions(word, names);
    if (matches.size() == 1) return matches.front();
    if (!matches.empty()) {
        return fail(Errc::invalid, fmt::format("ambiguous command: {} could match {}", word,
                                               fmt::join(matches, ", ")));
    }
    return fail(Errc::invalid,
                fmt::format("invalid choice: '{}' (choose from '{}'){}", word,
                            fmt::join(names, "', '"),
                            options::suggestions(options::near_misses(word, names))));
}

std::string program_help(std::size_t width) {
    std::vector<options::Positional> positionals{
        {.name = "COMMAND", .help = "what to do; helios COMMAND -h tells more"}};
    for (auto const& command : commands())
        positionals.push_back(
            {.name = fmt::format("  {}", command.name), .help = std::string(command.summary)});
    auto const usage = options::OptionSet(
        global_options(), {positionals.front(), {.name = "...", .required = false}});
    auto const help = options::OptionSet(global_options(), positionals)
                          .help("helios",
                                "Deploys and watches containers on a cluster of hosts, through a "
                                "Helios master.",
                                width);
    // The commands are listed as if they were words of their own; the usage line must not.
    auto const body = help.substr(help.find("\n\n"));
    auto line = usage.usage("helios", width);
    line.pop_back();
    return line + body;
}

std::string command_help(Command const& command, std::size_t width) {
    std::string description(command.summary);
    description[0] = text::to_upper(description.substr(0, 1))[0];
    return options_of(command).help(fmt::format("helios {}", command.name), description + ".",
                                    width);
}

std::size_t help_width(Environment const& environment) {
    constexpr std::int64_t usual = 79;
    auto const columns = options::integer(variable(environment, "COLUMNS").value_or(""));
    return static_cast<std::size_t>(std::clamp<std::int64_t>(columns.value_or(usual), 40, 200));
}

namespace {

Result<std::int64_t> seconds_of(options::Parsed const& words, std::string_view option,
                                Environment const& environment, std::string_view name,
                                std::int64_t fallback) {
    if (auto given = words.integer(option)) return *given;
    auto const text = variable(environment, name);
    if (!text) return fallback;
    auto const number = options::integer(*text, Kind::int32);
    if (!number) {
        return fail(Errc::invalid,
                    fmt::format("For input string: \"{}\" (environment variable {})", *text, name));
    }
    return *number;
}

} // namespace

Result<Limits> limits_of(options::Parsed const& words, Environment const& environment) {
    auto const attempt =
        TRY(seconds_of(words, "http-timeout", environment, "HELIOS_CLI_HTTP_TIMEOUT", 60));
    auto const retries =
        TRY(seconds_of(words, "retry-timeout", environment, "HELIOS_CLI_TOTAL_TIMEOUT", 240));
    Limits limits{.retries = std::chrono::seconds{std::max<std::int64_t>(retries, 0)}};
    if (attempt > 0) limits.attempt = std::chrono::seconds{attempt};
    return limits;
}

std::string user_of(options::Parsed const& words, Surroundings& world) {
    if (auto given = words.value("username")) return *given;
    // Not getpwuid: a static binary has no name services beyond this file.
    auto const passwd = world.files.read("/etc/passwd");
    for (auto line : text::split(passwd ? std::string_view(*passwd) : "", '\n')) {
        auto const fields = text::split(line, ':');
        if (fields.size() > 2 && options::integer(fields[2]) == world.uid)
            return std::string(fields[0]);
    }
    for (auto const* name : {"LOGNAME", "USER"}) {
        if (auto value = variable(world.environment, name); value && !value->empty()) return *value;
    }
    return fmt::format("uid-{}", world.uid);
}

} // namespace heliosd::cli
