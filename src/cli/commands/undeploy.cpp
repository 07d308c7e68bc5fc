// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/host_results.h"
#include "cli/output.h"
#include "cli/references.h"

#include <fmt/format.h>

#include <ostream>

namespace heliosd::cli {

CommandArguments undeploy_arguments() {
    return {.options = {{.letter = 'a', .name = "all", .help = "from all hosts it is deployed to"},
                        token_option(),
                        {.name = "yes", .help = "do not ask before --all"}},
            .positionals = {{.name = "JOB", .help = "any part of a job id"},
                            {.name = "HOST",
                             .help = "a host, or the beginning of its name",
                             .required = false,
                             .many = true}}};
}

namespace {

/// The hosts a job is deployed to, sorted.
Async<Result<std::vector<std::string>>> deployed_hosts(Session& session, model::JobId id) {
    auto status = CO_TRY(co_await session.master.job_status(id));
    std::vector<std::string> hosts;
    if (status) {
        for (auto const& [host, deployment] : status->deployments) hosts.push_back(host);
    }
    co_return hosts;
}

} // namespace

Async<Result<int>> undeploy(Session& session) {
    bool const all = session.args.given("all");
    auto typed = session.args.all("HOST");
    auto job = CO_TRY(co_await need_job(session, session.args.text("JOB")));
    if (!job) co_return 1;
    auto const id = job->id;
    auto const name = id.to_string();

    if (all) {
        typed = CO_TRY(co_await deployed_hosts(session, id));
        if (typed.empty()) {
            session.out() << name << " is not currently deployed on any hosts.";
            co_return 0;
        }
        auto const consequence =
            fmt::format("This will undeploy {} from {}", name, bracketed(typed));
        if (!session.args.given("yes") && !confirm(session, consequence)) co_return 1;
    } else if (typed.empty()) {
        session.out() << "Please either specify a list of hosts or use the -a/--all flag.\n";
        co_return 1;
    }

    if (!session.json()) {
        session.out() << fmt::format("Undeploying {} from {}", name, bracketed(typed)) << std::endl;
    }
    auto hosts = CO_TRY(co_await resolve_hosts(session, typed));

    co_return co_await on_each_host(
        session, hosts, "JobUndeployResponse", [&](std::string const& host) {
            return session.master.undeploy(host, id, session.args.text("token"));
        });
}

} // namespace heliosd::cli
