// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/case_functions.h"

#include "cli/job/inspect_text.h"
#include "cli/output.h"
#include "cli/several_targets.h"
#include "cli/table.h"
#include "cli/times.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace heliosd::test {

using json::Value;

namespace {

model::PortMapping port_of(Value const& input) {
    return {.ip = text(input.find("ip")),
            .internal_port = *maybe_int32(input.find("internalPort")),
            .external_port = maybe_int32(input.find("externalPort")),
            .protocol = *text(input.find("protocol"))};
}

Result<Value> host_status(Value const& input) {
    std::optional<model::AgentInfo> agent;
    if (!input.find("startTime")->is_null()) {
        agent.emplace();
        agent->start_time = number(*input.find("startTime"));
        agent->uptime = number(*input.find("uptime"));
    }
    return cli::host_status_cell(*text(input.find("status")) == "UP",
                                 WallTime{std::chrono::milliseconds{number(*input.find("now"))}},
                                 agent);
}

Result<Value> short_hostname(Value const& input) {
    auto const host = *text(input.find("host"));
    if (*input.find("full")->if_bool()) return host;
    return cli::short_host(host, texts(input.find("search")));
}

Result<Value> task_state(Value const& input) {
    return cli::task_state_cell(model::task_state_from_text(*text(input.find("state"))).value(),
                                model::throttle_from_text(*text(input.find("throttled"))).value());
}

Result<Value> ports_cell(Value const& input) {
    std::vector<std::string> items;
    // One at a time: the client shows them sorted, the file in the order received.
    for (auto const& item : *input.if_array()) {
        auto const& triple = *item.if_array();
        model::PortMap ports;
        ports[*triple[0].if_string()] = {.internal_port = *maybe_int32(&triple[1]),
                                         .external_port = maybe_int32(&triple[2])};
        items.push_back(cli::ports_cell(ports));
    }
    return fmt::format("{}", fmt::join(items, " "));
}

Result<Value> inspect_map(Value const& input) {
    auto const map = model::string_map_from_json(*input.find("values")).value();
    return list(cli::block(*text(input.find("name")), cli::map_items(map)));
}

Result<Value> inspect_volumes(Value const& input) {
    model::StringMap volumes;
    for (auto const& pair : *input.if_array())
        volumes[*(*pair.if_array())[0].if_string()] = *(*pair.if_array())[1].if_string();
    return list(cli::block("Volumes: ", cli::volume_items(volumes)));
}

Result<Value> health_check_text(Value const& input) {
    if (input.is_null()) return cli::health_check_text(std::nullopt);
    json::Object job{{"id", "x:1"}, {"image", "i"}, {"healthCheck", input}};
    return cli::health_check_text(model::job_from_json(job).value().health_check);
}

Result<Value> multi_target_json(Value const& input) {
    auto const& outputs = *input.if_array();
    std::string all;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        auto const& pair = *outputs[i].if_array();
        cli::TargetPlace const place{.index = i, .count = outputs.size(), .json = true};
        all += cli::before_target(place, *pair[0].if_string(), {}) + *pair[1].if_string() +
               cli::after_target(place);
    }
    return all;
}

Result<Value> multi_target_header(Value const& input) {
    auto const header =
        cli::target_header(*text(input.find("name")), texts(input.find("endpoints")));
    auto const line = header.find('\n');
    return list({header.substr(0, line), header.substr(line + 1, header.size() - line - 2)});
}

Result<Value> table(Value const& input) {
    auto const& rows = *input.if_array();
    cli::Table table(texts(&rows[0]));
    for (std::size_t i = 1; i < rows.size(); ++i) table.add(texts(&rows[i]));
    return list(table.lines());
}

} // namespace

CaseFunctions cell_cases() {
    return {
        {"host-status-cell", host_status},
        {"short-hostname", short_hostname},
        {"task-state-cell", task_state},
        {"ports-cell", ports_cell},
        {"inspect-map", inspect_map},
        {"inspect-volumes", inspect_volumes},
        {"health-check-text", health_check_text},
        {"multi-target-json", multi_target_json},
        {"multi-target-header", multi_target_header},
        {"table", table},
        {"duration",
         [](Value const& v) { return cli::duration_text(std::chrono::milliseconds{number(v)}); }},
        {"memory", [](Value const& v) { return cli::memory_text(number(v)); }},
        {"mem-usage",
         [](Value const& v) {
             return cli::usage_text(number(*v.find("total")), number(*v.find("free")));
         }},
        {"load-avg",
         [](Value const& v) { return cli::two_decimals(std::stod(v.if_number()->text)); }},
        {"container-id-cell",
         [](Value const& v) {
             return cli::container_id_cell(text(v.find("id")), *v.find("full")->if_bool());
         }},
        {"inspect-port", [](Value const& v) { return cli::port_item(port_of(v)); }},
        {"quote", [](Value const& v) { return cli::quoted_word(*v.if_string()); }},
        {"timestamp",
         [](Value const& v) {
             return cli::history_time(
                 WallTime{std::chrono::milliseconds{number(*v.find("millis"))}});
         }},
        {"inspect-time",
         [](Value const& v) {
             return cli::inspect_time(
                 WallTime{std::chrono::milliseconds{number(*v.find("millis"))}});
         }},
        {"exit-code",
         [](Value const& v) {
             std::vector<int> codes;
             for (auto const& code : *v.if_array()) codes.push_back(static_cast<int>(number(code)));
             return Value(cli::overall_exit_code(codes));
         }},
    };
}

} // namespace heliosd::test
