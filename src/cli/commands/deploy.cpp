// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/host_results.h"
#include "cli/output.h"
#include "cli/references.h"

#include <fmt/format.h>

#include <ostream>

namespace heliosd::cli {

CommandArguments deploy_arguments() {
    return {.options = {token_option(),
                        {.name = "no-start", .help = "deploy without starting a container"}},
            .positionals = {
                {.name = "JOB", .help = "any part of a job id"},
                {.name = "HOST", .help = "a host, or the beginning of its name", .many = true}}};
}

Async<Result<int>> deploy(Session& session) {
    auto job = CO_TRY(co_await need_job(session, session.args.text("JOB")));
    if (!job) co_return 1;
    auto const id = job->id;
    auto const goal = session.args.given("no-start") ? model::Goal::stop : model::Goal::start;
    auto const typed = session.args.all("HOST");

    if (!session.json()) {
        session.out() << fmt::format("Deploying Deployment{{jobId={}, goal={}, "
                                     "deployerUser='null', deployerMaster='null', "
                                     "deploymentGroupName='null'}} on {}",
                                     id.to_string(), to_string(goal), bracketed(typed))
                      << std::endl;
    }
    auto hosts = CO_TRY(co_await resolve_hosts(session, typed));

    co_return co_await on_each_host(
        session, hosts, "JobDeployResponse", [&](std::string const& host) {
            return session.master.deploy(host, id, goal, session.args.text("token"));
        });
}

} // namespace heliosd::cli
