// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/host_results.h"
#include "cli/output.h"
#include "cli/references.h"

#include <fmt/format.h>

#include <ostream>

// `start` and `stop`: another goal for what is deployed already.
namespace heliosd::cli {

CommandArguments goal_arguments() {
    return {.options = {token_option()},
            .positionals = {{.name = "JOB", .help = "any part of a job id"},
                            {.name = "HOST", .help = "the full name of a host", .many = true}}};
}

namespace {

Async<Result<int>> set_goal(Session& session, model::Goal goal) {
    auto job = CO_TRY(co_await need_job(session, session.args.text("JOB")));
    if (!job) co_return 1;
    auto const id = job->id;
    auto const hosts = session.args.all("HOST");

    if (!session.json()) {
        session.out() << fmt::format("{} {} on {}",
                                     goal == model::Goal::start ? "Starting" : "Stopping",
                                     id.to_string(), bracketed(hosts))
                      << std::endl;
    }
    co_return co_await on_each_host(
        session, hosts, "SetGoalResponse", [&](std::string const& host) {
            return session.master.set_goal(host, id, goal, session.args.text("token"));
        });
}

} // namespace

Async<Result<int>> start(Session& session) {
    co_return co_await set_goal(session, model::Goal::start);
}

Async<Result<int>> stop(Session& session) {
    co_return co_await set_goal(session, model::Goal::stop);
}

} // namespace heliosd::cli
