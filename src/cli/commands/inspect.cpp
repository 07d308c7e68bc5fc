// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/job/inspect_text.h"
#include "cli/output.h"
#include "cli/references.h"

#include <ostream>

namespace heliosd::cli {

CommandArguments inspect_arguments() {
    return {.positionals = {{.name = "JOB", .help = "any part of a job id"}}};
}

Async<Result<int>> inspect(Session& session) {
    auto job = CO_TRY(co_await need_job(session, session.args.text("JOB")));
    if (!job) co_return 1;
    if (session.json()) {
        session.out() << pretty(model::to_json(*job, model::Mode::common)) << "\n";
    } else {
        session.out() << inspect_text(*job);
    }
    co_return 0;
}

} // namespace heliosd::cli
