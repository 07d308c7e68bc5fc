// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/references.h"
#include "cli/table.h"
#include "cli/times.h"

#include <ostream>

namespace heliosd::cli {

CommandArguments history_arguments() {
    return {.positionals = {{.name = "JOB", .help = "any part of a job id"}}};
}

Async<Result<int>> history(Session& session) {
    auto const query = session.args.text("JOB");
    auto found = CO_TRY(co_await look_up_job(session, query));
    if (found.match != Match::one) {
        // Text even with --json, and worded differently from other commands [quirk].
        session.out() << (found.match == Match::unknown ? "Unknown job: " : "Ambiguous job id: ")
                      << query << "\n";
        list_candidates(session, found.candidates);
        co_return 1;
    }
    auto history = CO_TRY(co_await session.master.job_history(found.job->id));

    if (session.json()) {
        json::Array events;
        for (auto const& event : history.events)
            events.push_back(model::to_json(event, model::Mode::common));
        json::Object document{{"events", std::move(events)}, {"status", history.status}};
        session.out() << pretty(std::move(document)) << "\n";
        co_return 0;
    }
    // Scripts know five columns.
    bool const with_reason = session.settings.out_is_terminal;
    std::vector<std::string> heading{"HOST", "TIMESTAMP", "STATE", "THROTTLED", "CONTAINERID"};
    if (with_reason) heading.emplace_back("REASON");
    Table table(std::move(heading));
    for (auto const& event : history.events) {
        std::vector<std::string> row{
            event.host, history_time(WallTime{std::chrono::milliseconds{event.timestamp}}),
            std::string(to_string(event.status.state)),
            std::string(to_string(event.status.throttled)),
            event.status.container_id.value_or("<none>")};
        if (with_reason) row.push_back(reason_text(event.status));
        table.add(std::move(row));
    }
    session.out() << table.text();
    co_return 0;
}

} // namespace heliosd::cli
