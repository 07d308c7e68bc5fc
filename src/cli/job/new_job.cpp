// SPDX-License-Identifier: Apache-2.0
#include "cli/job/new_job.h"

#include "cli/job/job_options.h"
#include "cli/times.h"

#include <fmt/format.h>

namespace heliosd::cli {

using options::Kind;
using options::Takes;

std::vector<options::Option> new_job_options() {
    return {
        {.letter = 'f',
         .name = "file",
         .takes = Takes::value,
         .placeholder = "FILE",
         .help = "start from a job configuration in JSON; - reads standard input"},
        {.letter = 't',
         .name = "template",
         .takes = Takes::value,
         .placeholder = "JOB",
         .help = "start from an existing job"},
        {.letter = 'q', .help = "print only the job id"},
        {.name = "hostname",
         .takes = Takes::maybe_value,
         .placeholder = "NAME",
         .help = "host name inside the container"},
        {.name = "token",
         .takes = Takes::maybe_value,
         .placeholder = "TOKEN",
         .help = "what others must give to change or remove the job"},
        {.name = "env",
         .takes = Takes::values,
         .placeholder = "NAME=VALUE",
         .help = "environment variable of the container"},
        {.letter = 'm',
         .name = "metadata",
         .takes = Takes::values,
         .placeholder = "KEY=VALUE",
         .help = "something to remember about the job"},
        {.letter = 'p',
         .name = "port",
         .takes = Takes::values,
         .placeholder = "NAME=[IP:]INTERNAL[:EXTERNAL][/PROTOCOL]",
         .help = "port of the container; without EXTERNAL the agent picks one of the host's"},
        {.letter = 'r',
         .name = "register",
         .takes = Takes::values,
         .placeholder = "SERVICE[/PROTOCOL][=PORTNAME]",
         .help = "name of a port in service discovery; the protocol is http unless given"},
        {.name = "registration-domain",
         .takes = Takes::value,
         .placeholder = "DOMAIN",
         .help = "domain of the registrations"},
        {.name = "grace-period",
         .takes = Takes::value,
         .kind = Kind::int32,
         .placeholder = "SECONDS",
         .help = "time between the end of the registration and the end of the container"},
        {.name = "volume",
         .takes = Takes::values,
         .placeholder = "[SOURCE:]PATH[:ro|rw]",
         .help = "volume of the container; SOURCE is a directory of the host or a volume's name"},
        {.letter = 'e',
         .name = "expires",
         .takes = Takes::value,
         .placeholder = "TIME",
         .help = "ISO 8601 time at which the job is undeployed and removed"},
        {.name = "exec-check",
         .takes = Takes::value,
         .placeholder = "COMMAND",
         .help = "healthy when this command in the container exits with 0"},
        {.name = "http-check",
         .takes = Takes::value,
         .placeholder = "PORTNAME:PATH",
         .help = "healthy when this port answers a GET of PATH"},
        {.name = "tcp-check",
         .takes = Takes::value,
         .placeholder = "PORTNAME",
         .help = "healthy when this port accepts a connection"},
        {.name = "security-opt",
         .takes = Takes::values,
         .placeholder = "OPTION",
         .help = "security option for Docker"},
        {.name = "network-mode",
         .takes = Takes::value,
         .placeholder = "MODE",
         .help = "bridge, host or container:NAME"},
        {.name = "add-capability",
         .takes = Takes::values,
         .placeholder = "CAPABILITY",
         .help = "Linux capability to add"},
        {.name = "drop-capability",
         .takes = Takes::values,
         .placeholder = "CAPABILITY",
         .help = "Linux capability to drop"},
        {.name = "labels",
         .takes = Takes::values,
         .placeholder = "KEY=VALUE",
         .help = "label of the container"},
        {.name = "rollout-options",
         .takes = Takes::values,
         .placeholder = "KEY=VALUE",
         .help = "defaults for rolling updates: migrate, parallelism, timeout, overlap, token, "
                 "ignoreFailures"},
        {.name = "runtime",
         .takes = Takes::maybe_value,
         .placeholder = "RUNTIME",
         .help = "container runtime"},
    };
}

namespace {

/// Adds the paths of members of `given` that `understood` lacks to `found`.
void find_unknown(json::Value const& given, json::Value const& understood, std::string const& path,
                  std::vector<std::string>& found) {
    auto const* const members = given.if_object();
    auto const* const known = understood.if_object();
    if (members == nullptr || known == nullptr) return;
    for (auto const& member : *members) {
        auto const place = path.empty() ? member.name : path + "." + member.name;
        auto const* same = known->find(member.name);
        // A registration without a protocol is one by HTTP.
        if (same == nullptr && path == "registration") same = known->find(member.name + "/http");
        if (same != nullptr) {
            find_unknown(member.value, *same, place, found);
        } else if (!member.value.is_null()) {
            found.push_back(place);
        }
    }
}

} // namespace

Result<JobFile> read_job_file(std::string_view content, bool with_id) {
    auto document = TRY(json::parse(content));
    auto* object = document.if_object();
    if (object == nullptr) {
        return fail(Errc::invalid,
                    fmt::format("a job is an object, this is a {}", document.kind()));
    }
    auto const* id = object->find("id");
    bool const nameless = with_id && (id == nullptr || id->is_null());
    // Stands in for the name that the command line gives.
    if (nameless) object->set("id", "name:version");
    auto job = TRY(model::job_from_json(document));
    JobFile file{std::move(job), {}};
    find_unknown(document, to_json(file.job, model::Mode::common), "", file.unknown_fields);
    if (nameless) file.job.id = {};
    return file;
}

namespace {

/// The parts of a job that an option replaces when it is given and not empty.
void replace_texts(model::Job& job, options::Parsed const& args) {
    auto replace = [&](std::string_view key, auto& field) {
        if (auto text = args.text(key); !text.empty()) field = std::move(text);
    };
    replace("IMAGE", job.image);
    replace("hostname", job.hostname);
    replace("network-mode", job.network_mode);
    replace("token", job.token);
    replace("runtime", job.runtime);
    replace("registration-domain", job.registration_domain);
    if (auto seconds = args.integer("grace-period"))
        job.grace_period = static_cast<std::int32_t>(*seconds);
    if (auto command = args.all("ARG"); !command.empty()) job.command = std::move(command);
}

/// The lists that an option replaces as a whole [quirk].
void replace_lists(model::Job& job, options::Parsed const& args) {
    auto replace = [&](std::string_view key, std::vector<std::string>& list) {
        if (args.given(key)) list = args.all(key);
    };
    replace("security-opt", job.security_opt);
    replace("add-capability", job.add_capabilities);
    replace("drop-capability", job.drop_capabilities);
}

Result<> replace_id(model::Job& job, std::string const& text) {
    if (text.empty()) return {};
    auto id = TRY(model::JobId::parse(text));
    job.id.name = id.name;
    if (id.version) job.id.version = id.version;
    return {};
}

/// Each pair of `over` replaces the one in `base`.
void overlay(model::StringMap& base, model::StringMap const& over) {
    for (auto const& [key, value] : over) base.insert_or_assign(key, value);
}

Result<> merge_maps(model::Job& job, options::Parsed const& args,
                    std::optional<std::string> const& git_commit) {
    overlay(job.env, TRY(parse_key_values("environment variable", args.all("env"))));

    auto metadata = TRY(parse_key_values("metadata", args.all("metadata")));
    if (git_commit) job.metadata.emplace("GIT_COMMIT", *git_commit);
    overlay(job.metadata, metadata);

    if (args.given("labels")) job.labels = TRY(parse_key_values("labels", args.all("labels")));
    for (auto const& text : args.all("volume")) {
        auto [path, source] = parse_volume(text);
        job.volumes.insert_or_assign(std::move(path), std::move(source));
    }
    return {};
}

Result<> merge_ports(model::Job& job, options::Parsed const& args) {
    auto ports = TRY(parse_port_mappings(args.all("port")));
    for (auto& [name, port] : ports) job.ports.insert_or_assign(name, std::move(port));
    for (auto const& text : args.all("register")) {
        auto registration = TRY(parse_registration(text, job.ports));
        model::ServicePorts service;
        service.ports.emplace().emplace(registration.port, model::PortParameters{});
        job.registration.insert_or_assign(
            fmt::format("{}/{}", registration.service, registration.protocol), std::move(service));
    }
    return {};
}

Result<> replace_the_rest(model::Job& job, options::Parsed const& args) {
    if (auto text = args.text("expires"); !text.empty()) {
        job.expires = TRY(parse_expiry(text));
    }
    auto check = TRY(parse_health_check({.exec = args.value("exec-check"),
                                         .http = args.value("http-check"),
                                         .tcp = args.value("tcp-check")}));
    if (check) job.health_check = std::move(check);
    if (args.given("rollout-options"))
        job.rollout_options = TRY(parse_rollout_options(args.all("rollout-options")));
    return {};
}

} // namespace

Result<model::Job> job_from_options(model::Job base, options::Parsed const& args,
                                    std::optional<std::string> const& git_commit) {
    base.id.hash.reset();
    replace_texts(base, args);
    replace_lists(base, args);
    TRY(replace_id(base, args.text("ID")));
    TRY(merge_maps(base, args, git_commit));
    TRY(merge_ports(base, args));
    TRY(replace_the_rest(base, args));
    return base;
}

std::string unhashed_id(model::JobId const& id) {
    return fmt::format("{}:{}", id.name.empty() ? "null" : id.name, id.version.value_or("null"));
}

} // namespace heliosd::cli
