// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"
#include "cli/commands.h"
#include "cli/session.h"

#include <string>
#include <string_view>

namespace heliosd::cli {

/// The options that stand before or after any command (spec/cli.md §2).
std::vector<options::Option> global_options();
/// The options that are valid after a command.
options::OptionSet options_of(Command const& command);

/// The names of all commands, in their order.
std::vector<std::string> command_names();
/// The name that `word` means among `names`: itself, or the only one that begins with it.
Result<std::string> match_command(std::string_view word, std::span<std::string const> names);

/// The help screen of the program.
std::string program_help(std::size_t width);
/// The help screen of one command.
std::string command_help(Command const& command, std::size_t width);
/// How wide help may be: `COLUMNS`, or 79.
std::size_t help_width(Environment const& environment);

/// How long a call may take: the options, else the variables, else the defaults.
struct Limits {
    std::optional<Duration> attempt; ///< nothing: for ever
    Duration retries{};
};
Result<Limits> limits_of(options::Parsed const& words, Environment const& environment);

/// Who asks: `-u`, else the name of the login user.
std::string user_of(options::Parsed const& words, Surroundings& world);

} // namespace heliosd::cli
