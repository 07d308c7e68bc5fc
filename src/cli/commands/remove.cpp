// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/references.h"

#include <ostream>

namespace heliosd::cli {

CommandArguments remove_arguments() {
    return {.options = {token_option(), {.name = "yes", .help = "do not ask"}},
            .positionals = {{.name = "JOB", .help = "any part of a job id"}}};
}

Async<Result<int>> remove(Session& session) {
    auto job = CO_TRY(co_await need_job(session, session.args.text("JOB")));
    if (!job) co_return 1;
    auto const id = job->id;
    auto const name = id.to_string();

    if (!session.args.given("yes") && !confirm(session, "This will remove the job " + name))
        co_return 1;
    if (!session.json()) session.out() << "Removing job " << name << std::endl;
    auto answer = CO_TRY(co_await session.master.delete_job(id, session.args.text("token")));

    bool const done = answer.outcome() == "OK";
    if (session.json()) {
        session.out() << result_json(answer, {"status"});
    } else if (done) {
        session.out() << name << ": done\n";
    } else {
        session.out() << name
                      << ": failed: " << result_text("JobDeleteResponse", answer, {"status"})
                      << "\n";
    }
    co_return done ? 0 : 1;
}

} // namespace heliosd::cli
