// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <array>

namespace heliosd::cli {

namespace {

constexpr std::array table{
    Command{"create", "create a job", &create_arguments, &create},
    Command{"deploy", "deploy a job to hosts", &deploy_arguments, &deploy},
    Command{"history", "list the task events of a job", &history_arguments, &history},
    Command{"hosts", "list hosts", &hosts_arguments, &hosts},
    Command{"inspect", "show the configuration of a job", &inspect_arguments, &inspect},
    Command{"jobs", "list jobs", &jobs_arguments, &jobs},
    Command{"masters", "list masters", &masters_arguments, &masters},
    Command{"remove", "remove a job that is deployed nowhere", &remove_arguments, &remove},
    Command{"start", "start a stopped job on hosts", &goal_arguments, &start},
    Command{"status", "show what jobs do on hosts", &status_arguments, &status},
    Command{"stop", "stop a job on hosts and leave it deployed", &goal_arguments, &stop},
    Command{"undeploy", "undeploy a job from hosts", &undeploy_arguments, &undeploy},
    Command{"version", "show the versions of client and master", &version_arguments, &version,
            false},
};

} // namespace

std::span<Command const> commands() {
    return table;
}

options::Option token_option() {
    return {.name = "token",
            .takes = options::Takes::maybe_value,
            .placeholder = "TOKEN",
            .help = "the token the job was created with"};
}

} // namespace heliosd::cli
