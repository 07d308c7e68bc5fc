// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"
#include "cli/session.h"

#include <span>
#include <string_view>
#include <vector>

namespace heliosd::cli {

/// What a command takes besides the global options.
struct CommandArguments {
    std::vector<options::Option> options;
    std::vector<options::Positional> positionals;
};

/// A command runs once for each target and returns its exit code. An error: no master could be
/// reached, or its answer could not be read.
struct Command {
    std::string_view name, summary;
    CommandArguments (*arguments)();
    Async<Result<int>> (*run)(Session& session);
    bool needs_target = true;
};

/// The only list of commands, sorted by name: help, the manual, shell completion and the tests
/// follow it.
std::span<Command const> commands();

// One file each: commands/create.cpp, …
CommandArguments create_arguments();
CommandArguments deploy_arguments();
CommandArguments history_arguments();
CommandArguments hosts_arguments();
CommandArguments inspect_arguments();
CommandArguments jobs_arguments();
CommandArguments masters_arguments();
CommandArguments remove_arguments();
CommandArguments goal_arguments();
CommandArguments status_arguments();
CommandArguments undeploy_arguments();
CommandArguments version_arguments();

Async<Result<int>> create(Session& session);
Async<Result<int>> deploy(Session& session);
Async<Result<int>> history(Session& session);
Async<Result<int>> hosts(Session& session);
Async<Result<int>> inspect(Session& session);
Async<Result<int>> jobs(Session& session);
Async<Result<int>> masters(Session& session);
Async<Result<int>> remove(Session& session);
Async<Result<int>> start(Session& session);
Async<Result<int>> status(Session& session);
Async<Result<int>> stop(Session& session);
Async<Result<int>> undeploy(Session& session);
Async<Result<int>> version(Session& session);

/// The option of all commands that change a job.
options::Option token_option();

} // namespace heliosd::cli
