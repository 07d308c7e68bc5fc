// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"
#include "cli/commands.h"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// The command line: options that every command has, the name of the command, its own arguments;
/// and the help that describes them (spec/cli.md §2).
namespace heliosd::cli {

/// The options that stand before or after any command.
std::vector<options::Option> global_options();
/// The options that are valid after a command.
options::OptionSet options_of(Command const& command);

/// The names of all commands, in their order.
std::vector<std::string> command_names();
/// The name that `word` means among `names`: itself, or the only one that begins with it.
Result<std::string> match_command(std::string_view word, std::span<std::string const> names);

/// A command with all options given for it.
struct CommandLine {
    Command const* command = nullptr;
    options::Parsed options;
};
/// What a run prints that executes no command: help, the version, or the usage with an error.
struct EarlyExit {
    int code = 0;
    std::string out, err;
};
std::expected<CommandLine, EarlyExit> parse_command_line(std::vector<std::string> const& words,
                                                         std::size_t help_width);
/// The usage error of a command that was given no master.
EarlyExit no_target(Command const& command, std::size_t help_width);

} // namespace heliosd::cli
