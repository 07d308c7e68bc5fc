// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/references.h"
#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace heliosd::cli {

CommandArguments hosts_arguments() {
    using options::Takes;
    return {.options = {{.letter = 'f', .help = "full host names"},
                        {.letter = 'q', .help = "only host names"},
                        {.name = "status",
                         .takes = Takes::maybe_value,
                         .placeholder = "UP|DOWN",
                         .help = "only hosts that are up, or down",
                         .choices = {"UP", "DOWN"}},
                        {.letter = 's',
                         .name = "selector",
                         .takes = Takes::values,
                         .placeholder = "SELECTOR",
                         .help = "only hosts with such a label: role=web, site!=lon, "
                                 "'site in (lon,ash)', 'site notin (lon)'; several must all hold"}},
            .positionals = {{.name = "PATTERN",
                             .help = "a regular expression that names must contain",
                             .required = false}}};
}

namespace {

std::size_t running_tasks(model::HostStatus const& status) {
    return static_cast<std::size_t>(
        std::count_if(status.statuses.begin(), status.statuses.end(), [](auto const& task) {
            return task.second.state == model::TaskState::running;
        }));
}

std::string docker_cell(std::optional<model::DockerVersion> const& docker) {
    if (!docker) return "";
    return fmt::format("{} ({})", docker->version.value_or("null"),
                       docker->api_version.value_or("null"));
}

std::vector<std::string> row_of(std::string name, model::HostStatus const& status, WallTime now) {
    std::vector<std::string> row{
        std::move(name), host_status_cell(status.up, now, status.agent_info),
        fmt::to_string(status.jobs.size()), fmt::to_string(running_tasks(status))};
    if (auto const& host = status.host_info) {
        row.push_back(fmt::to_string(host->cpus));
        row.push_back(memory_text(host->memory_total));
        row.push_back(two_decimals(host->load_avg));
        row.push_back(usage_text(host->memory_total, host->memory_free));
        row.push_back(fmt::format("{} {}", host->os_name.value_or("null"),
                                  host->os_version.value_or("null")));
    } else {
        row.insert(row.end(), 5, "");
    }
    row.push_back(status.agent_info ? status.agent_info->version.value_or("") : "");
    row.push_back(status.host_info ? docker_cell(status.host_info->docker_version) : "");
    std::vector<std::string> labels;
    for (auto const& [name_of, value] : status.labels)
        labels.push_back(fmt::format("{}={}", name_of, value));
    row.push_back(text::join(labels, ", "));
    return row;
}

Result<> print_table(Session const& session, model::SortedMap<model::HostStatus> const& statuses) {
    Table table({"HOST", "STATUS", "DEPLOYED", "RUNNING", "CPUS", "MEM", "LOAD AVG", "MEM USAGE",
                 "OS", "HELIOS", "DOCKER", "LABELS"});
    for (auto const& [host, status] : statuses) {
        auto name = TRY(shown_host(session, host));
        table.add(row_of(std::move(name), status, session.services.clock.wall()));
    }
    session.out() << table.text();
    return {};
}

Result<> print_names(Session const& session, std::vector<std::string> names) {
    std::sort(names.begin(), names.end(), json::utf16_less);
    if (session.json()) {
        session.out() << json::write_pretty(json::Array(names.begin(), names.end())) << "\n";
        return {};
    }
    for (auto const& host : names) session.out() << TRY(shown_host(session, host)) << "\n";
    return {};
}

void print_no_hosts(Session const& session, std::string const& pattern) {
    if (session.json()) {
        session.out() << "{ }\n";
    } else if (!pattern.empty() && !session.args.given("q")) {
        session.out() << "host pattern " << pattern << " matched no hosts\n";
    }
}

} // namespace

Async<Result<int>> hosts(Session& session) {
    auto const pattern = session.args.text("PATTERN");
    auto names = CO_TRY(co_await session.master.hosts(pattern, session.args.all("selector")));
    if (names.empty()) {
        print_no_hosts(session, pattern);
        co_return 1;
    }
    if (session.args.given("q")) {
        CO_TRY(print_names(session, std::move(names)));
        co_return 0;
    }
    auto statuses = CO_TRY(
        co_await session.master.host_statuses(std::move(names), session.args.text("status")));
    if (session.json()) {
        json::Object documents;
        for (auto const& [host, status] : statuses) documents.set(host, shown(status));
        session.out() << json::write_pretty(documents) << "\n";
        co_return 0;
    }
    CO_TRY(print_table(session, statuses));
    co_return 0;
}

} // namespace heliosd::cli
