// SPDX-License-Identifier: Apache-2.0
#include "docker/answers.h"

#include "base/text.h"
#include "docker/pull_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace heliosd::docker {
namespace {

/// The API version this code was written against. A daemon that no longer supports it is called
/// with its oldest version: nothing we use has changed since 1.24.
constexpr std::string_view own_api_version = "1.43";

using ApiVersion = std::tuple<int, int>;

std::optional<ApiVersion> parse_api_version(std::string_view text) {
    int major = 0, minor = 0;
    auto const* end = text.data() + text.size();
    auto const first = std::from_chars(text.data(), end, major);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
    auto const second = std::from_chars(first.ptr + 1, end, minor);
    if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
    return ApiVersion{major, minor};
}

std::int64_t integer_of(json::Value const& value, std::string_view name) {
    auto const* found = value.find(name);
    auto const number = found ? found->if_integer() : std::nullopt;
    return number.value_or(0);
}

std::map<std::string, std::string> texts_of(json::Value const& value, std::string_view name) {
    std::map<std::string, std::string> texts;
    auto const* found = value.find(name);
    auto const* object = found ? found->if_object() : nullptr;
    if (!object) return texts;
    for (auto const& entry : *object)
        if (auto const* text = entry.value.if_string()) texts.emplace(entry.name, *text);
    return texts;
}

std::string without_slash(std::string name) {
    if (name.starts_with('/')) name.erase(0, 1);
    return name;
}

Result<json::Value> document(std::string_view what, std::string_view body) {
    auto value = json::parse(body);
    if (!value)
        return fail(EngineErrc::bad_answer,
                    fmt::format("docker: {}: not JSON: {}", what, value.error().message));
    return value;
}

std::unexpected<Error> missing(std::string_view what, std::string_view name) {
    return fail(EngineErrc::bad_answer, fmt::format("docker: {}: no {} in the answer", what, name));
}

/// Docker's own sentence: `{"message": …}`, from proxies and old daemons plain text.
std::string sentence(int status, std::string_view body) {
    if (auto const value = json::parse(body)) {
        auto message = text_of(*value, "message");
        if (!message.empty()) return message;
    }
    constexpr std::size_t enough = 500;
    body = text::trim(text::trim(body).substr(0, enough));
    if (body.empty()) return fmt::format("docker answered with status {}", status);
    return fmt::format("docker answered with status {}: {}", status, body);
}

bool contains(std::string_view text, std::string_view word) {
    return text::to_lower(text).find(word) != std::string::npos;
}

EngineErrc classify(Subject subject, int status, std::string_view message) {
    // A 404 may also be about something else that the container needs, a network say.
    bool const other_thing = contains(message, "network ") || contains(message, "volume ");
    switch (subject) {
    case Subject::pull:
        return status == 404 ? EngineErrc::image_not_found : classify_pull_error(message);
    case Subject::image:
        if (status == 404) return EngineErrc::image_not_found;
        break;
    case Subject::create:
        if (status == 404 && !other_thing && !contains(message, "no such container"))
            return EngineErrc::image_not_found;
        break;
    case Subject::container:
    case Subject::kill:
        if (status == 404 && (!other_thing || contains(message, "no such container")))
            return EngineErrc::container_not_found;
        break;
    case Subject::other: break;
    }
    // Before API 1.25 kill said 500 here.
    if (subject == Subject::kill && contains(message, "is not running"))
        return EngineErrc::not_running;
    return status == 409 ? EngineErrc::conflict : EngineErrc::request;
}

} // namespace

std::string text_of(json::Value const& value, std::string_view name) {
    auto const* found = value.find(name);
    auto const* text = found ? found->if_string() : nullptr;
    return text ? *text : std::string();
}

Error refusal(Subject subject, int status, std::string_view body) {
    auto message = sentence(status, body);
    auto const code = classify(subject, status, message);
    return {code, std::move(message)};
}

std::string version_prefix(Version const& daemon) {
    auto const newest = parse_api_version(daemon.api_version);
    if (!newest) return "";
    auto wanted = std::min(*parse_api_version(own_api_version), *newest);
    if (auto const oldest = parse_api_version(daemon.min_api_version))
        wanted = std::max(wanted, *oldest);
    return fmt::format("/v{}.{}", std::get<0>(wanted), std::get<1>(wanted));
}

Result<Version> version_from_json(std::string_view body) {
    auto const value = TRY(document("version", body));
    if (!value.if_object()) return missing("version", "object");
    return Version{
        .version = text_of(value, "Version"),
        .api_version = text_of(value, "ApiVersion"),
        .min_api_version = text_of(value, "MinAPIVersion"),
        .git_commit = text_of(value, "GitCommit"),
        .go_version = text_of(value, "GoVersion"),
        .os = text_of(value, "Os"),
        .arch = text_of(value, "Arch"),
        .kernel_version = text_of(value, "KernelVersion"),
    };
}

Result<std::string> created_id_from_json(std::string_view body) {
    auto const value = TRY(document("create", body));
    auto id = text_of(value, "Id");
    if (id.empty()) return missing("create", "Id");
    return id;
}

Result<ContainerInfo> container_from_json(std::string_view body) {
    auto const value = TRY(document("inspect", body));
    ContainerInfo info;
    info.id = text_of(value, "Id");
    info.name = without_slash(text_of(value, "Name"));
    auto const* state = value.find("State");
    if (info.id.empty()) return missing("inspect", "Id");
    // A default could make a running container look dead.
    auto const* running = state ? state->find("Running") : nullptr;
    if (!running || !running->if_bool()) return missing("inspect", "State.Running");
    info.running = *running->if_bool();
    info.status = text_of(*state, "Status");
    info.exit_code = static_cast<int>(integer_of(*state, "ExitCode"));
    info.error = text_of(*state, "Error");
    info.started_at = text_of(*state, "StartedAt");
    info.finished_at = text_of(*state, "FinishedAt");
    if (auto const* config = value.find("Config")) {
        info.image = text_of(*config, "Image");
        info.labels = texts_of(*config, "Labels");
    }
    if (auto const* network = value.find("NetworkSettings")) {
        info.gateway = text_of(*network, "Gateway");
        auto const* networks = network->find("Networks");
        if (auto const* each = networks ? networks->if_object() : nullptr)
            for (auto entry = each->begin(); entry != each->end() && info.gateway.empty(); ++entry)
                info.gateway = text_of(entry->value, "Gateway");
    }
    return info;
}

Result<std::vector<ContainerSummary>> containers_from_json(std::string_view body) {
    auto const value = TRY(document("list", body));
    auto const* rows = value.if_array();
    if (!rows) return missing("list", "list");
    std::vector<ContainerSummary> containers;
    containers.reserve(rows->size());
    for (auto const& row : *rows) {
        ContainerSummary container;
        container.id = text_of(row, "Id");
        if (container.id.empty()) return missing("list", "Id");
        auto const* names = row.find("Names");
        if (auto const* each = names ? names->if_array() : nullptr)
            for (auto const& name : *each)
                if (auto const* text = name.if_string())
                    container.names.push_back(without_slash(*text));
        container.state = text_of(row, "State");
        container.labels = texts_of(row, "Labels");
        container.created = integer_of(row, "Created");
        containers.push_back(std::move(container));
    }
    return containers;
}

Result<std::optional<Event>> event_from_json(json::Value const& value) {
    if (!value.if_object())
        return fail(EngineErrc::bad_answer,
                    fmt::format("docker: events: a {} instead of an event", value.kind()));
    auto const type = text_of(value, "Type");
    if (!type.empty() && type != "container") return std::nullopt;

    Event event;
    event.action = text_of(value, "Action");
    event.time_nano = integer_of(value, "timeNano");
    if (event.time_nano == 0) {
        // Seconds only, from very old daemons.
        auto const seconds = integer_of(value, "time");
        if (seconds > 0 && seconds < INT64_MAX / 1'000'000'000)
            event.time_nano = seconds * 1'000'000'000;
    }
    if (auto const* actor = value.find("Actor")) {
        event.container_id = text_of(*actor, "ID");
        event.attributes = texts_of(*actor, "Attributes");
    }
    // The members of before API 1.22, some of which are still sent.
    if (event.action.empty()) event.action = text_of(value, "status");
    if (event.container_id.empty()) event.container_id = text_of(value, "id");
    if (event.action.empty() || event.container_id.empty()) return std::nullopt;
    return event;
}

} // namespace heliosd::docker
