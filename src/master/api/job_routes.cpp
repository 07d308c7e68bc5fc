// SPDX-License-Identifier: Apache-2.0
// The API on jobs and their history (spec/rest-api.md §6, §7).
#include "base/log.h"
#include "base/pattern.h"
#include "layout/paths.h"
#include "master/api/api.h"
#include "master/api/http_documents.h"
#include "master/api/in_turns.h"
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

std::expected<std::vector<std::string>, net::Response> read_ids(net::Request const& request) {
    auto document = TRY(read_document(request));
    auto const* const list = document.if_array();
    if (!list) return std::unexpected(message(400, "the body must be a list of job ids"));
    std::vector<std::string> ids;
    for (auto const& element : *list) {
        auto const* const text = element.if_string();
        if (!text) return std::unexpected(message(400, "every job id must be a string"));
        auto const id = model::JobId::from_json_text(*text);
        if (!id) return std::unexpected(message(400, id.error().message));
        if (!id->is_full()) return std::unexpected(text_error("Invalid id " + id->to_string()));
        ids.push_back(id->to_string());
    }
    return ids;
}

using JobIds = std::set<std::string, model::Utf16Less>;

/// The jobs deployed on hosts whose name the pattern finds a match in.
class JobsOnHosts {
public:
    JobsOnHosts(ClusterView const& view, Pattern const& pattern) : view_(view), pattern_(pattern) {}

    /// Looks at the next hosts; answers whether there are more.
    bool step() {
        auto next = last_ ? view_.hosts().upper_bound(*last_) : view_.hosts().begin();
        for (std::size_t n = 0; n < items_per_turn && next != view_.hosts().end(); ++n, ++next) {
            auto const& [name, host] = *next;
            last_ = name;
            if (!host.configured || !pattern_.found_in(name)) continue;
            for (auto const& [job, task] : host.tasks) jobs.insert(job);
        }
        return next != view_.hosts().end();
    }

    JobIds jobs;

private:
    ClusterView const& view_;
    Pattern const& pattern_;
    std::optional<std::string> last_;
};

} // namespace

Async<net::Response> Api::list_jobs(Call call) {
    JobFilter filter{.part_of_id = parameter(call, "q"), .ids = {}};
    auto const host_pattern = parameter(call, "hostPattern");
    if (!host_pattern.empty()) {
        auto const pattern = Pattern::compile(host_pattern);
        if (!pattern) co_return message(400, "hostPattern: " + pattern.error().message);
        JobsOnHosts deployed(mirror_.view(), *pattern);
        co_await in_turns([&deployed] { return deployed.step(); });
        if (pattern->gave_up()) co_return too_costly("hostPattern");
        filter.ids = std::move(deployed.jobs);
    }
    co_return json_body(200, jobs_body(mirror_.view(), std::move(filter)));
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
    // Java's job builder hashes capabilities in the order in which it submits them.
    auto capabilities = model::submitted_capabilities(*document);
    if (!capabilities) co_return message(400, capabilities.error().message);
    auto errors = model::validate(*job, {.now = clock_.wall(),
                                         .check_hash = true,
                                         .submitted = std::move(*capabilities),
                                         .allowed_capabilities = settings_.allowed_capabilities});
    if (!errors.empty()) co_return creation(400, "INVALID_JOB_DEFINITION", std::move(errors), id);

    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.add_job(std::move(*job), written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome) co_return failure("creating job " + id, outcome.error(), written);
    if (*outcome == AddJobOutcome::exists) co_return creation(400, "JOB_ALREADY_EXISTS", {}, id);
    log::info("master", "created job={:?} user={:?}", id, parameter(call, "user"));
    co_return creation(200, "OK", {}, id);
}

Async<net::Response> Api::get_job(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    if (!id->is_full()) co_return text_error("Invalid id");
    auto job = co_await find_job(id->to_string(), call.context.deadline);
    if (!job) co_return std::move(job.error());
    co_return json_body(200, (*job)->text);
}

Async<std::expected<JobPtr, net::Response>> Api::find_job(std::string id, SteadyTime deadline) {
    auto job = mirror_.view().job(id);
    if (!job && store::is_node_name(id)) {
        auto unconfirmed = co_await confirm_absence(layout::job(id), deadline);
        if (unconfirmed) co_return std::unexpected(std::move(*unconfirmed));
        job = mirror_.view().job(id);
    }
    if (!job) co_return std::unexpected(refusal(404, "there is no such job"));
    co_return job;
}

Async<net::Response> Api::delete_job(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    if (!id->is_full()) co_return text_error("Invalid id");
    auto const text = id->to_string();
    if (!store::is_node_name(text)) co_return deletion(404, "JOB_NOT_FOUND");

    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.remove_job(*id, parameter(call, "token"), written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome) co_return failure("removing job " + text, outcome.error(), written);
    switch (*outcome) {
    case RemoveJobOutcome::removed: break;
    case RemoveJobOutcome::not_found: co_return deletion(404, "JOB_NOT_FOUND");
    case RemoveJobOutcome::forbidden: co_return deletion(403, "FORBIDDEN");
    case RemoveJobOutcome::still_in_use: co_return deletion(400, "STILL_IN_USE");
    }
    log::info("master", "removed job={:?} user={:?}", text, parameter(call, "user"));
    co_return deletion(200, "OK");
}

Async<net::Response> Api::job_status(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    if (!id->is_full()) co_return text_error("Invalid id");
    auto job = co_await find_job(id->to_string(), call.context.deadline);
    if (!job) co_return std::move(job.error());
    co_return json_body(200, job_status_body(mirror_.view(), std::move(*job)));
}

Async<net::Response> Api::job_statuses(Call call) {
    auto ids = read_ids(call.request);
    if (!ids) co_return std::move(ids.error());
    auto sorted = co_await sort_in_turns(std::move(*ids));
    co_return json_body(200, job_statuses_body(mirror_.view(), std::move(sorted)));
}

Async<net::Response> Api::job_history(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    if (!id->is_full()) co_return text_error("Invalid id");
    auto const text = id->to_string();
    json::Array documents;
    std::string_view word = "JOB_ID_NOT_FOUND";
    if (store::is_node_name(text)) {
        auto reading = writer_.job_history(*id);
        auto const limit = call.context.deadline - clock_.now();
        auto const events = co_await within(clock_, limit, std::move(reading));
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
