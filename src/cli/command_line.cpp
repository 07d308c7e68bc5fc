// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include "base/text.h"
#include "model/version.h"

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
    auto words = command.arguments();
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

namespace {

/// The help screen of the program.
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
    auto const description =
        text::to_upper(command.summary.substr(0, 1)) + std::string(command.summary.substr(1)) + ".";
    return options_of(command).help(fmt::format("helios {}", command.name), description, width);
}

std::string command_usage(Command const& command, std::size_t width) {
    return options_of(command).usage(fmt::format("helios {}", command.name), width);
}

EarlyExit usage_error(std::string const& usage, std::string_view sentence) {
    return {.code = 1, .err = fmt::format("{}helios: error: {}\n", usage, sentence)};
}

/// `-h` and `--version` end the reading wherever they stand.
EarlyExit help_or_version(std::string_view ended_by, std::string help) {
    if (ended_by != "version") return {.out = std::move(help)};
    return {.out = fmt::format("Spotify Helios CLI {}\nTested on Docker 20.10.24\n",
                               model::protocol_version)};
}

} // namespace

std::expected<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> const& words,
                                                         std::size_t help_width) {
    if (words.empty()) return std::unexpected(EarlyExit{1, program_help(help_width), ""});
    auto refuse = [&](std::string_view sentence) {
        auto const help = program_help(help_width);
        return std::unexpected(usage_error(help.substr(0, help.find("\n\n") + 1), sentence));
    };
    std::vector<char const*> pointers;
    for (auto const& word : words) pointers.push_back(word.c_str());
    std::span<char const* const> all(pointers);

    auto leading = options::OptionSet({}, {}, global_options()).parse_leading(all);
    if (!leading) return refuse(leading.error().message);
    if (auto const ended = leading->parsed.ended_by())
        return std::unexpected(help_or_version(*ended, program_help(help_width)));
    auto const rest = all.subspan(leading->words);
    if (rest.empty()) return refuse("too few arguments");
    if (leading->separator)
        return refuse(fmt::format("unrecognized arguments: '{}'", fmt::join(rest, " ")));
    auto const name = match_command(rest[0], command_names());
    if (!name) return refuse(name.error().message);
    auto const& command = *std::ranges::find(commands(), *name, &Command::name);

    auto parsed = options_of(command).parse(rest.subspan(1), std::move(leading->parsed));
    if (!parsed) {
        return std::unexpected(
            usage_error(command_usage(command, help_width), parsed.error().message));
    }
    if (auto const ended = parsed->ended_by())
        return std::unexpected(help_or_version(*ended, command_help(command, help_width)));
    return CommandLine{.command = &command, .options = std::move(*parsed)};
}

EarlyExit no_target(Command const& command, std::size_t help_width) {
    return usage_error(command_usage(command, help_width),
                       "no masters specified.  Use the -z option or the environment variable "
                       "HELIOS_MASTER to specify which helios master to connect to, or start "
                       "heliosd solo");
}

} // namespace heliosd::cli
