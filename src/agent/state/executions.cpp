// SPDX-License-Identifier: Apache-2.0
#include "agent/state/executions.h"

#include "base/hash.h"
#include "base/text.h"

#include <fmt/format.h>

namespace heliosd::agent {
namespace {

constexpr std::int64_t own_format = 1;

/// A blank file is an empty object; any other JSON value is an error.
Result<json::Object> object_of(std::string_view text) {
    if (text::trim(text).empty()) return json::Object{};
    auto value = TRY(json::parse(text, {.bytes = 512 * 1024 * 1024}));
    auto* object = value.if_object();
    if (!object)
        return fail(Errc::invalid, fmt::format("expected an object, found a {}", value.kind()));
    return std::move(*object);
}

/// Reads each member with `read`; one that fails is reported in `problems` and left out.
template <class T, class Read>
Result<Loaded<model::SortedMap<T>>> members(std::string_view text, Read read) {
    auto object = TRY(object_of(text));
    Loaded<model::SortedMap<T>> loaded;
    for (auto const& [name, value] : object) {
        auto item = read(value);
        if (item)
            loaded.value[name] = std::move(*item);
        else
            loaded.problems.push_back(fmt::format("\"{}\": {}", name, item.error().message));
    }
    return loaded;
}

json::Value to_json(Execution const& execution) {
    json::Value ports;
    if (execution.ports) {
        json::Object object;
        for (auto const& [name, number] : *execution.ports) object.set(name, number);
        ports = std::move(object);
    }
    return json::Object{{"goal", model::to_string(execution.goal)},
                        {"job", to_json(execution.job, model::Mode::common)},
                        {"ports", std::move(ports)}};
}

Result<std::optional<Ports>> ports_from_json(json::Value const* value) {
    if (!value || value->is_null()) return std::optional<Ports>{};
    auto const* object = value->if_object();
    if (!object) return fail(Errc::invalid, "ports: expected an object or null");
    Ports ports;
    for (auto const& [name, number] : *object) {
        auto const port = number.if_integer();
        if (!port || *port < 1 || *port > 65535)
            return fail(Errc::invalid, fmt::format("ports.{}: expected a port number", name));
        ports[name] = static_cast<std::int32_t>(*port);
    }
    return std::optional(std::move(ports));
}

Result<Execution> execution_from_json(json::Value const& value) {
    auto const* job_value = value.find("job");
    if (!job_value) return fail(Errc::invalid, "job: missing");
    auto job = model::job_from_json(*job_value);
    if (!job) return std::unexpected(in_context("job", job.error()));
    auto ports = TRY(ports_from_json(value.find("ports")));
    auto const* goal_value = value.find("goal");
    auto const* goal_text = goal_value ? goal_value->if_string() : nullptr;
    if (!goal_text) return fail(Errc::invalid, "goal: missing");
    auto goal = model::goal_from_text(*goal_text, true);
    if (!goal) return std::unexpected(in_context("goal", goal.error()));
    return Execution{std::move(*job), std::move(ports), *goal};
}

Result<model::TaskStatus> status_from_base64(json::Value const& value) {
    auto const* text = value.if_string();
    if (!text) return fail(Errc::invalid, "expected base64 text");
    auto bytes = base64_decode(*text);
    if (!bytes) return fail(Errc::invalid, "not base64");
    auto document = TRY(json::parse(*bytes));
    return model::task_status_from_json(document);
}

Result<std::vector<model::TaskStatusEvent>> events_from_json(json::Value const& value) {
    auto const* list = value.if_array();
    if (!list) return fail(Errc::invalid, "expected a list");
    std::vector<model::TaskStatusEvent> events;
    for (auto const& item : *list) {
        auto event = TRY(model::task_status_event_from_json(item));
        events.push_back(std::move(event));
    }
    return events;
}

} // namespace

std::string executions_text(Executions const& executions) {
    json::Object object;
    for (auto const& [id, execution] : executions) object.set(id, to_json(execution));
    return json::write_pretty(object, true);
}

Result<Loaded<Executions>> executions_from_text(std::string_view text) {
    return members<Execution>(text, execution_from_json);
}

std::string tasks_text(Tasks const& tasks, std::string const& jobs_path) {
    json::Object object;
    for (auto const& [id, task] : tasks)
        object.set(jobs_path + "/" + id, model::to_json(task, model::Mode::common));
    return json::write_pretty(object, true);
}

Result<Loaded<Tasks>> tasks_from_text(std::string_view text, std::string const& jobs_path) {
    auto by_path = TRY(members<model::Task>(text, model::task_from_json));
    Loaded<Tasks> loaded{{}, std::move(by_path.problems)};
    loaded.partial = !loaded.problems.empty();
    auto const prefix = jobs_path + "/";
    for (auto& [path, task] : by_path.value) {
        if (path.starts_with(prefix))
            loaded.value[path.substr(prefix.size())] = std::move(task);
        else
            loaded.partial = true;
    }
    return loaded;
}

std::string statuses_text(std::map<std::string, std::string, model::Utf16Less> const& documents) {
    json::Object object;
    for (auto const& [id, document] : documents) object.set(id, base64_encode(document));
    return json::write_pretty(object, true);
}

Result<Loaded<Statuses>> statuses_from_text(std::string_view text) {
    return members<model::TaskStatus>(text, status_from_base64);
}

std::string history_text(History const& history) {
    json::Object object;
    for (auto const& [id, events] : history) {
        if (events.empty()) continue;
        json::Array list;
        for (auto const& event : events) list.push_back(model::to_json(event, model::Mode::common));
        object.set(id, std::move(list));
    }
    return json::write_pretty(object, true);
}

Result<Loaded<History>> history_from_text(std::string_view text) {
    return members<std::vector<model::TaskStatusEvent>>(text, events_from_json);
}

OwnState unknown_own_state() {
    return {.list = NodeIdentity{.czxid = -1, .ctime = -1}};
}

std::string own_state_text(OwnState const& own) {
    json::Object object{{"format", own_format}};
    if (own.list)
        object.set("list", json::Object{{"ctime", own.list->ctime}, {"czxid", own.list->czxid}});
    if (!own.listed.empty()) {
        json::Object listed;
        for (auto const& [job, czxid] : own.listed) listed.set(job, czxid);
        object.set("listed", std::move(listed));
    }
    if (!own.orphans.empty())
        object.set("orphans", json::Array(own.orphans.begin(), own.orphans.end()));
    return json::write_pretty(object, true);
}

Result<> refuse_newer_format(std::string_view text) {
    auto const object = object_of(text);
    auto const* format = object ? object->find("format") : nullptr;
    auto const number = format ? format->if_integer() : std::nullopt;
    if (number && *number > own_format)
        return fail(Errc::invalid,
                    fmt::format("the state directory was written by a newer heliosd (format {}, "
                                "this one knows {}): install that version again",
                                *number, own_format));
    return {};
}

Result<OwnState> own_state_from_text(std::string_view text) {
    TRY(refuse_newer_format(text));
    auto object = TRY(object_of(text));
    OwnState own;
    if (auto const* list = object.find("list")) {
        auto const* ctime = list->find("ctime");
        auto const* czxid = list->find("czxid");
        auto const made_at = ctime ? ctime->if_integer() : std::nullopt;
        auto const made_by = czxid ? czxid->if_integer() : std::nullopt;
        if (!made_at || !made_by)
            return fail(Errc::invalid, "list: expected integers ctime and czxid");
        own.list = {.czxid = *made_by, .ctime = *made_at};
    }
    if (auto const* listed = object.find("listed")) {
        auto const* jobs = listed->if_object();
        if (!jobs) return fail(Errc::invalid, "listed: expected an object");
        for (auto const& [job, value] : *jobs) {
            auto const czxid = value.if_integer();
            if (!czxid) return fail(Errc::invalid, "listed: expected integers");
            own.listed.emplace(job, *czxid);
        }
    }
    if (auto const* orphans = object.find("orphans")) {
        auto const* jobs = orphans->if_array();
        if (!jobs) return fail(Errc::invalid, "orphans: expected a list");
        for (auto const& job : *jobs) {
            auto const* id = job.if_string();
            if (!id) return fail(Errc::invalid, "orphans: expected job ids");
            own.orphans.insert(*id);
        }
    }
    return own;
}

} // namespace heliosd::agent
