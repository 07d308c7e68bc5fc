// SPDX-License-Identifier: Apache-2.0
#include "unit/cli/case_functions.h"

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/job/job_options.h"
#include "cli/references.h"
#include "cli/settings.h"
#include "cli/times.h"
#include "unit/cli/terminal.h"

#include <fmt/format.h>

namespace heliosd::test {

using json::Value;

namespace {

Value shown(std::string const& name, model::PortMapping const& port) {
    return json::Object{{"name", name},
                        {"ip", port.ip},
                        {"internalPort", port.internal_port},
                        {"externalPort", port.external_port ? Value(*port.external_port) : Value()},
                        {"protocol", port.protocol}};
}

std::vector<model::JobId> ids(Value const& input) {
    std::vector<model::JobId> list_of_ids;
    for (auto const& id : texts(&input)) list_of_ids.push_back(model::JobId::parse(id).value());
    return list_of_ids;
}

Value names(std::vector<model::JobId> const& list_of_ids) {
    json::Array array;
    for (auto const& id : list_of_ids) array.emplace_back(id.to_string());
    return array;
}

Result<Value> port_mapping(Value const& input) {
    auto port = cli::parse_port_mapping(*input.if_string());
    if (!port) return std::unexpected(port.error());
    return shown(port->first, port->second);
}

Result<Value> port_mappings(Value const& input) {
    auto ports = cli::parse_port_mappings(texts(&input));
    if (!ports) return std::unexpected(ports.error());
    json::Object object;
    for (auto const& [name, port] : *ports) object.set(name, shown(name, port));
    return object;
}

Result<Value> registration(Value const& input) {
    model::PortMap ports;
    for (auto const& name : texts(input.find("ports"))) ports[name] = {};
    auto registration = cli::parse_registration(*text(input.find("spec")), ports);
    if (!registration) return std::unexpected(registration.error());
    return json::Object{{"service", registration->service},
                        {"protocol", registration->protocol},
                        {"port", registration->port}};
}

Result<Value> job_id(Value const& input) {
    auto id = model::JobId::parse(*input.if_string());
    if (!id) return std::unexpected(id.error());
    return json::Object{{"name", id->name}, {"version", id->version}, {"hash", id->hash}};
}

Result<Value> create_id(Value const& input) {
    auto id = model::JobId::parse(*input.if_string());
    if (!id) return std::unexpected(id.error());
    return json::Object{{"name", id->name}, {"version", id->version}};
}

Result<Value> job_resolve(Value const& input) {
    auto const query = *text(input.find("query"));
    auto const found = cli::matching_jobs(query, ids(*input.find("jobs")));
    auto const match = cli::match_of(found.size());
    if (match == cli::Match::one)
        return json::Object{{"result", "ok"}, {"id", found.front().to_string()}};
    return json::Object{{"result", match == cli::Match::unknown ? "unknown" : "ambiguous"},
                        {"message", cli::no_match_text(match, query)}};
}

Result<Value> health_check(Value const& input) {
    auto check = cli::parse_health_check({.exec = text(input.find("exec")),
                                          .http = text(input.find("http")),
                                          .tcp = text(input.find("tcp"))});
    if (!check) return std::unexpected(check.error());
    if (!*check) return Value();
    model::Job job{.id = {"x", "1", {}}, .health_check = **check};
    return *model::to_json(job, model::Mode::common).find("healthCheck");
}

Result<Value> targets(Value const& input) {
    Terminal terminal;
    terminal.environment.erase("HELIOS_MASTER");
    if (auto variable = text(input.find("env"))) terminal.environment["HELIOS_MASTER"] = *variable;
    if (auto const* config = input.find("config")) {
        terminal.environment["HOME"] = "/home/mia";
        terminal.files.content["/home/mia/.helios/config"] = json::write(*config);
    }
    std::vector<char const*> words;
    auto const masters = texts(input.find("master"));
    for (auto const& master : masters) words.insert(words.end(), {"-z", master.c_str()});
    auto const parsed = options::OptionSet(cli::global_options()).parse(words).value();
    auto const settings = TRY(cli::make_settings(parsed, terminal.process(), terminal.files));
    json::Array array;
    for (auto const& target : settings.targets)
        array.push_back(json::Object{{"kind", "endpoint"}, {"uri", target.name}});
    return array;
}

Result<Value> endpoint(Value const& input) {
    auto address = client::parse_master_address(*input.if_string(), "-z");
    if (!address) return std::unexpected(address.error());
    return true;
}

Result<Value> expires(Value const& input) {
    auto time = cli::parse_expiry(*text(input.find("text")));
    if (!time) return std::unexpected(time.error());
    return time->time_since_epoch().count();
}

/// The commands of the reference: what a word may be cut to depends on all of them.
std::vector<std::string> const all_commands{"create",
                                            "remove",
                                            "inspect",
                                            "deploy",
                                            "undeploy",
                                            "start",
                                            "stop",
                                            "history",
                                            "jobs",
                                            "status",
                                            "watch",
                                            "hosts",
                                            "register",
                                            "deregister",
                                            "masters",
                                            "create-deployment-group",
                                            "remove-deployment-group",
                                            "list-deployment-groups",
                                            "inspect-deployment-group",
                                            "deployment-group-status",
                                            "watch-deployment-group",
                                            "rolling-update",
                                            "stop-deployment-group",
                                            "version"};

Result<Value> command_abbrev(Value const& input) {
    return cli::match_command(*input.if_string(), all_commands);
}

/// A command line as the program reads it; the members are what the words were declared as.
Result<Value> argv(Value const& input) {
    auto const words = texts(&input);
    std::vector<char const*> pointers;
    for (auto const& word : words) pointers.push_back(word.c_str());
    std::span<char const* const> const all(pointers);
    auto leading = options::OptionSet({}, {}, cli::global_options()).parse_leading(all);
    if (!leading) return std::unexpected(leading.error());
    auto const rest = all.subspan(leading->words);
    if (leading->separator)
        return fail(Errc::invalid, fmt::format("unrecognized arguments: '{}'", rest[0]));
    for (auto const& command : cli::commands()) {
        if (command.name != rest[0]) continue;
        auto parsed = cli::options_of(command).parse(rest.subspan(1), leading->parsed);
        if (!parsed) return std::unexpected(parsed.error());
        json::Object object{{"command", command.name}, {"username", parsed->value("username")}};
        if (command.name == "create") {
            object.set("id", parsed->value("ID"));
            object.set("image", parsed->value("IMAGE"));
            object.set("args", list(parsed->all("ARG")));
            object.set("env", list(parsed->all("env")));
        }
        if (command.name == "hosts") {
            object.set("q", parsed->given("q"));
            object.set("f", parsed->given("f"));
        }
        return object;
    }
    return fail(Errc::not_found, "no such command");
}

Result<Value> rollout_options(Value const& input) {
    auto parsed = cli::parse_rollout_options(texts(&input));
    if (!parsed) return std::unexpected(parsed.error());
    return model::to_json(*parsed, model::Mode::common);
}

Result<Value> key_values(Value const& input) {
    auto map = cli::parse_key_values(*text(input.find("field")), texts(input.find("items")));
    if (!map) return std::unexpected(map.error());
    return model::to_json(*map);
}

} // namespace

CaseFunctions word_cases() {
    return {
        {"port-mapping", port_mapping},
        {"port-mappings", port_mappings},
        {"registration", registration},
        {"job-id-parse", job_id},
        {"create-id", create_id},
        {"job-resolve", job_resolve},
        {"health-check", health_check},
        {"targets", targets},
        {"endpoint", endpoint},
        {"expires", expires},
        {"command-abbrev", command_abbrev},
        {"argv", argv},
        {"rollout-options", rollout_options},
        {"key-value", key_values},
        {"job-id-short",
         [](Value const& v) {
             return model::JobId::parse(*v.if_string()).value().to_short_string();
         }},
        {"job-id-order", [](Value const& v) { return names(cli::matching_jobs("", ids(v))); }},
        {"job-id-match",
         [](Value const& v) {
             return names(cli::matching_jobs(*text(v.find("query")), ids(*v.find("jobs"))));
         }},
        {"host-resolve",
         [](Value const& v) {
             return cli::resolve_host(*text(v.find("host")), texts(v.find("hosts")),
                                      texts(v.find("search")));
         }},
        {"volume",
         [](Value const& v) {
             auto [path, source] = cli::parse_volume(*v.if_string());
             return Value(json::Object{{"path", path}, {"source", source}});
         }},
        {"confirm", [](Value const& v) { return cli::is_yes(*v.if_string()); }},
    };
}

} // namespace heliosd::test
