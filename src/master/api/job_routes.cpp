// SPDX-License-Identifier: Apache-2.0
// The API on jobs and their history (spec/rest-api.md §6, §7).
#include "base/log.h"
#include "base/pattern.h"
#include "layout/paths.h"
#include "master/api/api.h"
#include "master/api/http_documents.h"
#include "master/view/render.h"

namespace heliosd::master {

namespace {

net::Response creation(int status, std::string_view word, std::vector<std::string> errors,
                       std::optional<std::string> id) {
    json::Array texts;
    for (auto& error : errors) texts.emplace_back(std::move(error));
    return json_response(status,
                         json::Object{{"status", word}, {"errors", std::move(texts)}, {"id", id}});
}

net::Response deletion(int status, std::string_view word) {
    return json_response(status, json::Object{{"status", word}});
}

/// The distinct ids in a body.
std::expected<std::vector<std::string>, net::Response> read_ids(net::Request const& request) {
    auto document = TRY(read_document(request));
    auto const* const list = document.if_array();
    if (!list) return std::unexpected(message(400, "the body must be a list of job ids"));
    std::set<std::string, model::Utf16Less> ids;
    for (auto const& element : *list) {
        auto const* const text = element.if_string();
        if (!text) return std::unexpected(message(400, "every job id must be a string"));
        auto const id = model::JobId::from_json_text(*text);
        if (!id) return std::unexpected(message(400, id.error().message));
        if (!id->is_full()) return std::unexpected(text_error("Invalid id " + id->to_string()));
        ids.insert(id->to_string());
    }
    return std::vector(ids.begin(), ids.end());
}

/// The jobs deployed on hosts whose name the pattern finds a match in.
std::set<std::string> jobs_on(ClusterView const& view, Pattern const& pattern) {
    std::set<std::string> jobs;
    for (auto const& [name, host] : view.hosts()) {
        if (!host.configured || !pattern.found_in(name)) continue;
        for (auto const& [job, task] : host.tasks) jobs.insert(job);
    }
    return jobs;
}

} // namespace

Async<net::Response> Api::list_jobs(Call call) {
    auto const wanted = parameter(call, "q");
    auto const host_pattern = parameter(call, "hostPattern");
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    auto const& view = mirror_.view();
    std::optional<std::set<std::string>> deployed;
    if (!host_pattern.empty()) {
        auto const pattern = Pattern::compile(host_pattern);
        if (!pattern) co_return message(400, "hostPattern: " + pattern.error().message);
        deployed = jobs_on(view, *pattern);
        if (pattern->gave_up()) co_return too_costly("hostPattern");
    }
    std::vector<std::string> ids;
    for (auto const& [id, job] : view.jobs()) {
        bool const named = id.find(wanted) != std::string::npos;
        if (named && (!deployed || deployed->contains(id))) ids.push_back(id);
    }
    co_return json_body(200, object_body(std::move(ids), [&view](std::string const& id) {
                            auto const job = view.job(id);
                            return job ? std::optional(job->text) : std::nullopt;
                        }));
}

Async<net::Response> Api::create_job(Call call) {
    auto document = read_document(call.request);
    if (!document) co_return std::move(document.error());
    if (!document->if_object())
        co_return message(400, fmt::format("a job is an object, not a {}", document->kind()));
    auto const* const submitted = document->find("id");
    if (!submitted || submitted->is_null())
        co_return creation(400, "INVALID_JOB_DEFINITION", {"Job id was not specified."},
                           std::nullopt);
    auto job = model::job_from_json(*document);
    if (!job) co_return message(400, job.error().message);

    job->creating_user = user_of(call);
    job->created = clock_.wall().time_since_epoch().count();
    if (!job->id.hash || job->id.hash->empty()) job->id.hash = model::job_hash(*job);
    auto const id = job->id.to_string();
    auto errors = model::validate(*job, {.now = clock_.wall(),
                                         .check_hash = true,
                                         .allowed_capabilities = settings_.allowed_capabilities});
    if (!errors.empty()) co_return creation(400, "INVALID_JOB_DEFINITION", std::move(errors), id);

    auto work = writer_.add_job(std::move(*job));
    std::vector<std::string> touched{layout::job(id)};
    auto const outcome = co_await write(std::move(work), std::move(touched));
    if (!outcome) co_return failure("creating job " + id, outcome.error());
    if (*outcome == AddJobOutcome::exists) co_return creation(400, "JOB_ALREADY_EXISTS", {}, id);
    log::info("master", "created job={:?} user={:?}", id, parameter(call, "user"));
    co_return creation(200, "OK", {}, id);
}

Async<net::Response> Api::get_job(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return empty(404);
    if (!id->is_full()) co_return text_error("Invalid id");
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    auto const job = co_await find_job(id->to_string());
    if (!job) co_return empty(404);
    co_return json_body(200, job->text);
}

Async<JobPtr> Api::find_job(std::string id) {
    if (!store::is_node_name(id)) co_return nullptr;
    auto job = mirror_.view().job(id);
    if (job) co_return job;
    co_await mirror_.confirm_absence(layout::job(id));
    co_return mirror_.view().job(id);
}

Async<net::Response> Api::delete_job(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return empty(404);
    if (!id->is_full()) co_return text_error("Invalid id");
    auto const text = id->to_string();
    if (!store::is_node_name(text)) co_return deletion(404, "JOB_NOT_FOUND");

    auto work = writer_.remove_job(*id, parameter(call, "token"));
    std::vector<std::string> touched{layout::job(text)};
    auto const outcome = co_await write(std::move(work), std::move(touched));
    if (!outcome) co_return failure("removing job " + text, outcome.error());
    switch (*outcome) {
    case RemoveJobOutcome::removed: break;
    case RemoveJobOutcome::not_found: co_return deletion(404, "JOB_NOT_FOUND");
    case RemoveJobOutcome::forbidden: co_return deletion(403, "FORBIDDEN");
    case RemoveJobOutcome::still_in_use: co_return deletion(400, "STILL_IN_USE");
    }
    log::info("master", "removed job={:?} user={:?}", text, parameter(call, "user"));
    // The job is gone either way; what is left of its history does no harm.
    auto cleaning = writer_.remove_history(text);
    auto const cleaned = co_await within(clock_, history_limit, std::move(cleaning));
    if (!cleaned)
        log::warning("master", "the history of {:?} was left behind: {}", text,
                     cleaned.error().message);
    co_return deletion(200, "OK");
}

Async<net::Response> Api::job_status(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return empty(404);
    if (!id->is_full()) co_return text_error("Invalid id");
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    auto const job = co_await find_job(id->to_string());
    if (!job) co_return empty(404);
    co_return json_body(200, job_status_text(mirror_.view(), *job));
}

Async<net::Response> Api::job_statuses(Call call) {
    auto ids = read_ids(call.request);
    if (!ids) co_return std::move(ids.error());
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    auto const& view = mirror_.view();
    co_return json_body(200, object_body(std::move(*ids), [&view](std::string const& id) {
                            auto const job = view.job(id);
                            return job ? std::optional(job_status_text(view, *job)) : std::nullopt;
                        }));
}

Async<net::Response> Api::job_history(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return empty(404);
    if (!id->is_full()) co_return text_error("Invalid id");
    auto const text = id->to_string();
    json::Array documents;
    std::string_view word = "JOB_ID_NOT_FOUND";
    if (store::is_node_name(text)) {
        auto reading = writer_.job_history(*id);
        auto const events = co_await within(clock_, write_limit, std::move(reading));
        if (!events) co_return failure("reading the history of " + text, events.error());
        if (*events) {
            word = "OK";
            for (auto const& event : **events)
                documents.push_back(model::to_json(event, model::Mode::api));
        }
    }
    co_return json_response(200, json::Object{{"events", std::move(documents)}, {"status", word}});
}

} // namespace heliosd::master
