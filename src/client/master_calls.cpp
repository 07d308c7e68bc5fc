// SPDX-License-Identifier: Apache-2.0
#include "client/master_client.h"

#include "net/http/uri.h"

#include <fmt/format.h>

// What each call sends and how its answer is read (spec/cli.md §5.2).
namespace heliosd::client {

namespace {

/// A path segment. Job ids keep their colons, as every client sends them.
std::string segment(std::string const& text) {
    return net::percent_encode(text, ":");
}

std::string job_path(model::JobId const& id) {
    return "/jobs/" + segment(id.to_string());
}

std::string deployment_path(std::string const& host, model::JobId const& id) {
    return fmt::format("/hosts/{}{}", segment(host), job_path(id));
}

std::string deployment_body(model::JobId id, model::Goal goal) {
    model::Deployment deployment{.job_id = std::move(id), .goal = goal};
    return json::write(json::sorted(model::to_json(deployment, model::Mode::common)));
}

std::unexpected<Error> unreadable(std::string const& what, Error error) {
    return std::unexpected(in_context("bad reply: " + what, std::move(error)));
}

/// Turns the refusal of what has been done already into success, when an earlier attempt, whose
/// answer got lost, may have done it.
void accept_repeated(Result<Answer>& answer, std::string_view already_done) {
    if (answer && answer->maybe_repeated && answer->outcome() == already_done)
        answer->document.set("status", "OK");
}

/// An object of documents of one type.
template <class T>
Result<model::SortedMap<T>> map_of(json::Value const& value, std::string const& what,
                                   Result<T> (*read)(json::Value const&)) {
    auto const* object = value.if_object();
    if (object == nullptr)
        return fail(Errc::invalid, fmt::format("bad reply: {}: {} where an object was expected",
                                               what, value.kind()));
    model::SortedMap<T> map;
    for (auto const& [name, document] : *object) {
        if (document.is_null()) continue;
        auto item = read(document);
        if (!item) return unreadable(what + "." + name, std::move(item.error()));
        map.emplace(name, std::move(*item));
    }
    return map;
}

Result<std::vector<std::string>> texts_of(json::Value const& value, std::string const& what) {
    auto const* list = value.if_array();
    if (list == nullptr)
        return fail(Errc::invalid,
                    fmt::format("bad reply: {}: {} where a list was expected", what, value.kind()));
    std::vector<std::string> texts;
    for (auto const& item : *list) {
        auto const* text = item.if_string();
        if (text == nullptr)
            return fail(Errc::invalid, fmt::format("bad reply: {}: {} where a text was expected",
                                                   what, item.kind()));
        texts.push_back(*text);
    }
    return texts;
}

/// Statuses of many jobs or hosts in an answer that is too large are asked for again in halves, so
/// that neither the size of a fleet nor our memory is the limit.
bool is_too_large(Result<json::Value> const& document) {
    return !document && document.error().code == Errc::too_large;
}

template <class T> std::vector<T> take_half(std::vector<T>& items) {
    auto const middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    std::vector<T> half(std::move_iterator(middle), std::move_iterator(items.end()));
    items.erase(middle, items.end());
    return half;
}

Result<model::Deployment> lenient_deployment(json::Value const& value) {
    return model::deployment_from_json(value, false);
}

/// An optional document of one type.
template <class T>
Result<std::optional<T>> maybe(std::optional<json::Value> const& document, std::string const& what,
                               Result<T> (*read)(json::Value const&)) {
    if (!document || document->is_null()) return std::optional<T>();
    auto item = read(*document);
    if (!item) return unreadable(what, std::move(item.error()));
    return std::optional(std::move(*item));
}

} // namespace

Async<Result<Answer>> MasterClient::create_job(model::Job job) {
    // The master computes the hash, so that clients of every version get the same ids.
    job.id.hash.reset();
    auto body = json::write(json::sorted(model::to_json(job, model::Mode::common)));
    auto answer = co_await change(
        {.method = "POST", .path = "/jobs/", .body = std::move(body), .decoded = {200, 400}});
    if (answer && answer->maybe_repeated && answer->outcome() == "JOB_ALREADY_EXISTS") {
        // Name and version are taken, maybe by another job: only the hash in the id tells.
        auto const id = answer->text("id").value_or("");
        auto found = co_await jobs(id);
        if (found && found->contains(id)) accept_repeated(answer, "JOB_ALREADY_EXISTS");
    }
    co_return answer;
}

Async<Result<Answer>> MasterClient::delete_job(model::JobId id, std::string token) {
    auto answer = co_await change({.method = "DELETE",
                                   .path = job_path(id),
                                   .parameters = {{"token", std::move(token)}},
                                   .decoded = {200, 400, 403, 404}});
    accept_repeated(answer, "JOB_NOT_FOUND");
    co_return answer;
}

Async<Result<model::SortedMap<model::Job>>> MasterClient::jobs(std::string query,
                                                               std::string host_pattern) {
    Call call{.method = "GET", .path = "/jobs"};
    if (!host_pattern.empty()) call.parameters.emplace_back("hostPattern", std::move(host_pattern));
    if (!query.empty()) call.parameters.emplace_back("q", std::move(query));
    auto document = CO_TRY(co_await read_present(std::move(call)));
    co_return map_of(document, "jobs", &model::job_from_json);
}

Async<Result<std::optional<model::JobStatus>>> MasterClient::job_status(model::JobId id) {
    auto document = CO_TRY(co_await read({.method = "GET", .path = job_path(id) + "/status"}));
    co_return maybe(document, "job status", &model::job_status_from_json);
}

Async<Result<model::SortedMap<model::JobStatus>>>
MasterClient::job_statuses(std::vector<model::JobId> ids) {
    json::Array texts;
    for (auto const& id : ids) texts.emplace_back(id.to_string());
    auto body = json::write(std::move(texts));
    auto document = co_await read_present(
        {.method = "POST", .path = "/jobs/statuses", .body = std::move(body)});
    if (is_too_large(document) && ids.size() > 1) {
        auto rest = take_half(ids);
        auto statuses = CO_TRY(co_await job_statuses(std::move(ids)));
        statuses.merge(CO_TRY(co_await job_statuses(std::move(rest))));
        co_return statuses;
    }
    co_return map_of(CO_TRY(std::move(document)), "job statuses", &model::job_status_from_json);
}

Async<Result<History>> MasterClient::job_history(model::JobId id) {
    auto const document = CO_TRY(
        co_await read({.method = "GET", .path = "/history" + job_path(id), .decoded = {200, 404}}));
    History history;
    auto const* status = document->find("status");
    if (status != nullptr && status->if_string() != nullptr) history.status = *status->if_string();
    auto const* events = document->find("events");
    auto const* list = events != nullptr ? events->if_array() : nullptr;
    if (list == nullptr && history.status.empty()) {
        co_return fail(Errc::invalid, "bad reply: the history of a job has neither events nor a "
                                      "status");
    }
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        auto event = model::task_status_event_from_json((*list)[i]);
        if (!event) co_return unreadable(fmt::format("events[{}]", i), std::move(event.error()));
        history.events.push_back(std::move(*event));
    }
    co_return history;
}

Async<Result<std::vector<std::string>>> MasterClient::hosts(std::string name_pattern,
                                                            std::vector<std::string> selectors) {
    Call call{.method = "GET", .path = "/hosts/"};
    if (!name_pattern.empty()) call.parameters.emplace_back("namePattern", std::move(name_pattern));
    for (auto& selector : selectors) call.parameters.emplace_back("selector", std::move(selector));
    auto document = CO_TRY(co_await read_present(std::move(call)));
    co_return texts_of(document, "hosts");
}

Async<Result<std::optional<model::HostStatus>>> MasterClient::host_status(std::string host) {
    auto document = CO_TRY(
        co_await read({.method = "GET", .path = fmt::format("/hosts/{}/status", segment(host))}));
    co_return maybe(document, "host status", &model::host_status_from_json);
}

Async<Result<model::SortedMap<model::HostStatus>>>
MasterClient::host_statuses(std::vector<std::string> hosts, std::string status) {
    auto body = json::write(json::Array(hosts.begin(), hosts.end()));
    Call call{.method = "POST", .path = "/hosts/statuses", .body = std::move(body)};
    if (!status.empty()) call.parameters.emplace_back("status", status);
    auto document = co_await read_present(std::move(call));
    if (is_too_large(document) && hosts.size() > 1) {
        auto rest = take_half(hosts);
        auto statuses = CO_TRY(co_await host_statuses(std::move(hosts), status));
        statuses.merge(CO_TRY(co_await host_statuses(std::move(rest), status)));
        co_return statuses;
    }
    co_return map_of(CO_TRY(std::move(document)), "host statuses", &model::host_status_from_json);
}

Async<Result<std::optional<model::Deployment>>> MasterClient::deployment(std::string host,
                                                                         model::JobId id) {
    auto document = CO_TRY(co_await read({.method = "GET", .path = deployment_path(host, id)}));
    co_return maybe(document, "deployment", &lenient_deployment);
}

Async<Result<Answer>> MasterClient::deploy(std::string host, model::JobId id, model::Goal goal,
                                           std::string token) {
    auto answer = co_await change({.method = "PUT",
                                   .path = deployment_path(host, id),
                                   .parameters = {{"token", std::move(token)}},
                                   .body = deployment_body(id, goal),
                                   .decoded = {200, 400, 403, 404, 405}});
    if (answer && answer->maybe_repeated && answer->outcome() == "JOB_ALREADY_DEPLOYED") {
        auto found = co_await deployment(host, id);
        if (found && *found && (*found)->goal == goal)
            accept_repeated(answer, "JOB_ALREADY_DEPLOYED");
    }
    co_return answer;
}

Async<Result<Answer>> MasterClient::set_goal(std::string host, model::JobId id, model::Goal goal,
                                             std::string token) {
    auto path = deployment_path(host, id);
    auto body = deployment_body(std::move(id), goal);
    co_return co_await change({.method = "PATCH",
                               .path = std::move(path),
                               .parameters = {{"token", std::move(token)}},
                               .body = std::move(body),
                               .decoded = {200, 400, 403, 404}});
}

Async<Result<Answer>> MasterClient::undeploy(std::string host, model::JobId id, std::string token) {
    auto answer = co_await change({.method = "DELETE",
                                   .path = deployment_path(host, id),
                                   .parameters = {{"token", std::move(token)}},
                                   .decoded = {200, 400, 403, 404}});
    accept_repeated(answer, "JOB_NOT_FOUND");
    co_return answer;
}

Async<Result<std::vector<std::string>>> MasterClient::masters() {
    auto document = CO_TRY(co_await read_present({.method = "GET", .path = "/masters/"}));
    co_return texts_of(document, "masters");
}

Async<Result<std::string>> MasterClient::version() {
    auto const reply =
        CO_TRY(co_await exchange({.method = "GET", .path = "/version/", .single_attempt = true}));
    if (reply.status != 200) {
        co_return fail(Errc::invalid,
                       fmt::format("Master replied with error code {}", reply.status));
    }
    auto document = json::parse(reply.body);
    auto const* text = document ? document->if_string() : nullptr;
    if (text == nullptr) co_return fail(Errc::invalid, "bad reply: " + reply.shown);
    co_return *text;
}

} // namespace heliosd::client
