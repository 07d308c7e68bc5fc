// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/options/options.h"
#include "cli/session.h"

#include <span>
#include <string_view>
#include <vector>

namespace heliosd::cli {

/// What a command takes besides the global options.
struct CommandWords {
    std::vector<options::Option> options;
    std::vector<options::Positional> positionals;
};

/// A command runs once for each target. It answers its exit code; what it could not do at all, for
/// want of a master or of a readable answer, is an error.
struct Command {
    std::string_view name, summary;
    CommandWords (*words)();
    Async<Result<int>> (*run)(Session& session);
    bool needs_target = true;
};

/// The only list of commands there is, sorted by name: help, the manual, shell completion and the
/// tests follow it.
std::span<Command const> commands();

// One file each: cmd_create.cpp, …
CommandWords create_words();
CommandWords deploy_words();
CommandWords history_words();
CommandWords hosts_words();
CommandWords inspect_words();
CommandWords jobs_words();
CommandWords masters_words();
CommandWords remove_words();
CommandWords goal_words();
CommandWords status_words();
CommandWords undeploy_words();
CommandWords version_words();

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
