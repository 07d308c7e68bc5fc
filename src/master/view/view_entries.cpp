// SPDX-License-Identifier: Apache-2.0
#include "master/view/view_entries.h"

#include "master/view/member_span.h"

namespace heliosd::master {
namespace {

/// A Task or TaskStatus, whose job is looked up instead of parsed.
struct Parts {
    JobPtr job;
    json::Value rest; ///< the document with a minimal job in place of the real one
};

Result<JobPtr> intern_member(JobTable& jobs, std::string_view document) {
    auto job = jobs.intern(document);
    if (!job) return std::unexpected(in_context("job", job.error()));
    return job;
}

Result<Parts> split(JobTable& jobs, std::string_view data) {
    constexpr std::string_view stub = R"({"id":"a:1"})";
    if (auto const span = member_span(data, "job")) {
        std::string rest(data.substr(0, span->begin));
        rest += stub;
        rest += data.substr(span->begin + span->length);
        auto document = TRY(json::parse(rest));
        auto job = TRY(intern_member(jobs, data.substr(span->begin, span->length)));
        return Parts{std::move(job), std::move(document)};
    }
    auto document = TRY(json::parse(data));
    auto const* const embedded = document.find("job");
    if (!embedded) return fail(Errc::invalid, "job is missing");
    auto job = TRY(intern_member(jobs, json::write(*embedded)));
    return Parts{std::move(job), std::move(document)};
}

} // namespace

Result<TaskPtr> read_task(JobTable& jobs, std::string_view data) {
    auto const parts = TRY(split(jobs, data));
    auto task = TRY(model::task_from_json(parts.rest));
    auto deployment = model::deployment_of(task);
    deployment.job_id = parts.job->job.id;
    auto text = json::write(model::to_json(deployment, model::Mode::api));
    return std::make_shared<TaskEntry const>(TaskEntry{
        .job = parts.job,
        .goal = task.goal,
        .deployer_user = std::move(task.deployer_user),
        .deployer_master = std::move(task.deployer_master),
        .deployment_group = std::move(task.deployment_group_name),
        .text = std::move(text),
    });
}

Result<StatusPtr> read_status(JobTable& jobs, std::string_view data) {
    auto const parts = TRY(split(jobs, data));
    auto const status = TRY(model::task_status_from_json(parts.rest));
    auto without_job = model::to_json(status, model::Mode::api);
    without_job.if_object()->erase("job");
    return std::make_shared<StatusEntry const>(StatusEntry{
        .job = parts.job, .state = status.state, .rest = json::write(without_job).substr(1)});
}

Result<model::StringMap> read_labels(std::string_view data) {
    auto const document = TRY(json::parse(data));
    return model::string_map_from_json(document);
}

Result<std::string> read_environment(std::string_view data) {
    auto const map = TRY(read_labels(data));
    return json::write(model::to_json(map));
}

Result<std::string> read_host_info(std::string_view data) {
    auto const document = TRY(json::parse(data));
    auto const info = TRY(model::host_info_from_json(document));
    return json::write(model::to_json(info, model::Mode::api));
}

Result<std::string> read_agent_info(std::string_view data) {
    auto const document = TRY(json::parse(data));
    auto const info = TRY(model::agent_info_from_json(document));
    return json::write(model::to_json(info, model::Mode::api));
}

} // namespace heliosd::master
