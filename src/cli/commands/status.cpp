// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/references.h"
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace heliosd::cli {

CommandArguments status_arguments() {
    using options::Takes;
    return {.options = {{.letter = 'j',
                         .name = "job",
                         .takes = Takes::value,
                         .placeholder = "JOB",
                         .help = "only jobs whose id contains this"},
                        {.name = "host",
                         .takes = Takes::value,
                         .placeholder = "PATTERN",
                         .help = "only hosts whose name contains this regular expression"},
                        {.letter = 'f', .help = "full host names, job ids and container ids"}}};
}

namespace {

constexpr std::string_view slow_warning =
    "WARNING: listing status of all hosts in the cluster is a slow operation. Consider adding the "
    "--job and/or --host flag(s)!";

using Statuses = std::map<model::JobId, model::JobStatus>;

/// The hosts with a deployment or a status of the job, sorted.
std::set<std::string> hosts_of(model::JobStatus const& status) {
    std::set<std::string> hosts;
    for (auto const& [host, task] : status.task_statuses) hosts.insert(host);
    for (auto const& [host, deployment] : status.deployments) hosts.insert(host);
    return hosts;
}

std::string goal_cell(model::JobStatus const& status, std::string const& host) {
    auto found = status.deployments.find(host);
    if (found == status.deployments.end() || !found->second.goal) return "";
    return std::string(to_string(*found->second.goal));
}

/// An incomplete list of matches must not pass for a complete one.
std::unexpected<Error> too_costly() {
    return fail(Errc::invalid, "--host: matching it takes too many steps; simplify the expression, "
                               "above all repetitions inside repetitions");
}

std::string reason_line(model::TaskStatus const& task) {
    auto const reason = reason_text(task);
    return reason.empty() ? "" : "reason: " + reason;
}

Result<Table> table_of(Session const& session, Statuses const& statuses, Pattern const& pattern) {
    bool const full = session.args.given("f");
    Table table({"JOB ID", "HOST", "GOAL", "STATE", "CONTAINER ID", "PORTS"});
    for (auto const& [id, status] : statuses) {
        for (auto const& host : hosts_of(status)) {
            if (!pattern.found_in(host)) continue;
            auto name = TRY(shown_host(session, host));
            std::vector<std::string> row{full ? id.to_string() : id.to_short_string(), name,
                                         goal_cell(status, host)};
            std::string reason;
            auto task = status.task_statuses.find(host);
            if (task == status.task_statuses.end()) {
                row.insert(row.end(), 3, "");
            } else {
                row.push_back(task_state_cell(task->second.state, task->second.throttled));
                row.push_back(container_id_cell(task->second.container_id, full));
                row.push_back(ports_cell(task->second.ports));
                if (session.settings.out_is_terminal) reason = reason_line(task->second);
            }
            table.add(std::move(row), std::move(reason));
        }
    }
    if (pattern.gave_up()) return too_costly();
    return table;
}

/// Without a pattern all statuses, with one those of matching hosts.
Result<std::string> json_of(Statuses statuses, Pattern const* pattern) {
    json::Object documents;
    for (auto& [id, status] : statuses) {
        if (pattern != nullptr) {
            auto other = [&](auto const& entry) { return !pattern->found_in(entry.first); };
            std::erase_if(status.deployments, other);
            std::erase_if(status.task_statuses, other);
            if (status.deployments.empty()) continue;
        }
        documents.set(id.to_string(), json::sorted(model::to_json(status, model::Mode::common)));
    }
    if (pattern != nullptr && pattern->gave_up()) return too_costly();
    return json::write_pretty(documents);
}

void print_slow_warning(Session const& session) {
    // In a pipe it is the beginning of the first line, as in the reference [quirk].
    if (session.settings.out_is_terminal) {
        session.err() << slow_warning << "\n";
    } else {
        session.out() << slow_warning;
    }
}

Async<Result<Statuses>> statuses_of(Session& session, std::vector<model::JobId> ids) {
    Statuses statuses;
    if (ids.empty()) co_return statuses;
    auto answer = CO_TRY(co_await session.master.job_statuses(ids));
    for (auto const& id : ids) {
        auto status = answer.find(id.to_string());
        if (status != answer.end()) statuses.emplace(id, std::move(status->second));
    }
    co_return statuses;
}

} // namespace

Async<Result<int>> status(Session& session) {
    auto const job = session.args.text("job");
    auto const host = session.args.text("host");
    auto const pattern = Pattern::compile(host);
    if (!pattern) co_return std::unexpected(in_context("--host", pattern.error()));

    if (job.empty() && host.empty() && !session.json()) print_slow_warning(session);
    auto found = CO_TRY(co_await session.master.jobs(job, host));
    if (found.empty() && !job.empty()) {
        session.out() << (session.json()
                              ? "{ }\n"
                              : fmt::format("job id matcher \"{}\" matched no jobs\n", job));
        co_return 1;
    }
    std::vector<model::JobId> ids;
    for (auto const& [name, found_job] : found) ids.push_back(found_job.id);
    auto statuses = CO_TRY(co_await statuses_of(session, std::move(ids)));

    if (session.json()) {
        session.out() << CO_TRY(json_of(std::move(statuses), host.empty() ? nullptr : &*pattern))
                      << "\n";
        co_return 0;
    }
    bool const no_statuses = statuses.empty();
    auto const table = CO_TRY(table_of(session, statuses, *pattern));
    if (no_statuses || (!host.empty() && table.empty())) {
        session.out() << fmt::format("There are no jobs deployed to hosts with the host pattern "
                                     "'{0}'\nRun 'helios  hosts {0}' to check your host exists and "
                                     "is up.\n",
                                     host);
        co_return 1;
    }
    session.out() << table.text();
    co_return 0;
}

} // namespace heliosd::cli
