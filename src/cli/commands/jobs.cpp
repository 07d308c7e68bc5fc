// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/table.h"

#include <fmt/format.h>

#include <ostream>

namespace heliosd::cli {

CommandArguments jobs_arguments() {
    return {.options = {{.letter = 'f', .help = "full job ids"},
                        {.letter = 'q', .help = "only job ids, in full"},
                        {.letter = 'y', .help = "only jobs that are deployed somewhere"}},
            .positionals = {{.name = "PATTERN", .help = "any part of job ids", .required = false}}};
}

namespace {

struct Row {
    model::Job job;
    std::size_t deployments = 0;
};
using Rows = std::map<model::JobId, Row>;

std::string table_of(Rows const& rows, bool full) {
    Table table({"JOB ID", "NAME", "VERSION", "HOSTS", "COMMAND", "ENVIRONMENT"});
    for (auto const& [id, row] : rows) {
        std::vector<std::string> command;
        for (auto const& word : row.job.command) command.push_back(quoted_word(word));
        std::vector<std::string> environment;
        for (auto const& [name, value] : row.job.env)
            environment.push_back(fmt::format("{}={}", name, value));
        table.add({full ? id.to_string() : id.to_short_string(), id.name, id.version.value_or(""),
                   fmt::to_string(row.deployments), text::join(command, " "),
                   text::join(environment, " ")});
    }
    return table.text();
}

std::string json_of(Rows const& rows, bool only_ids) {
    json::Array ids;
    json::Object documents;
    for (auto const& [id, row] : rows) {
        ids.emplace_back(id.to_string());
        if (!only_ids) {
            documents.set(id.to_string(),
                          json::sorted(model::to_json(row.job, model::Mode::common)));
        }
    }
    return only_ids ? json::write_pretty(ids) : json::write_pretty(documents);
}

/// Adds the number of deployments; jobs that have been removed meanwhile disappear.
Async<Result<Rows>> with_deployments(Session& session, Rows rows) {
    std::vector<model::JobId> ids;
    for (auto const& [id, row] : rows) ids.push_back(id);
    auto statuses = CO_TRY(co_await session.master.job_statuses(std::move(ids)));
    for (auto row = rows.begin(); row != rows.end();) {
        auto status = statuses.find(row->first.to_string());
        if (status == statuses.end()) {
            row = rows.erase(row);
            continue;
        }
        row->second.deployments = status->second.deployments.size();
        ++row;
    }
    co_return rows;
}

} // namespace

Async<Result<int>> jobs(Session& session) {
    auto const pattern = session.args.text("PATTERN");
    bool const only_ids = session.args.given("q");
    bool const deployed = session.args.given("y");
    auto found = CO_TRY(co_await session.master.jobs(pattern));

    Rows rows;
    for (auto& [name, job] : found) {
        auto id = job.id;
        rows.emplace(std::move(id), Row{.job = std::move(job)});
    }
    if (rows.empty() && !pattern.empty()) {
        if (session.json()) {
            session.out() << "{ }\n";
        } else if (!only_ids) {
            session.out() << "job pattern " << pattern << " matched no jobs\n";
        }
        co_return 1;
    }
    bool const counts_wanted = deployed || (!session.json() && !only_ids);
    if (counts_wanted && !rows.empty())
        rows = CO_TRY(co_await with_deployments(session, std::move(rows)));
    if (deployed) std::erase_if(rows, [](auto const& row) { return row.second.deployments == 0; });

    if (session.json()) {
        session.out() << json_of(rows, only_ids) << "\n";
    } else if (only_ids) {
        for (auto const& [id, row] : rows) session.out() << id.to_string() << "\n";
    } else {
        session.out() << table_of(rows, session.args.given("f"));
    }
    co_return 0;
}

} // namespace heliosd::cli
