// SPDX-License-Identifier: Apache-2.0
// The API on deployments (spec/rest-api.md §5).
#include "base/log.h"
#include "layout/paths.h"
#include "master/api/api.h"
#include "master/api/http_documents.h"

namespace heliosd::master {

namespace {

/// The document that answers all three writes.
net::Response answer(int status, std::string_view word, std::string const& host,
                     model::JobId const& job) {
    return json_response(status,
                         json::Object{{"status", word}, {"host", host}, {"job", job.to_string()}});
}

struct Wanted {
    model::JobId job;
    model::Goal goal;
};

/// Job and goal of the Deployment in the body; its other members are ignored.
std::expected<Wanted, net::Response> read_wanted(net::Request const& request) {
    auto document = TRY(read_document(request));
    auto const deployment = model::deployment_from_json(document, false);
    if (!deployment) return std::unexpected(message(400, deployment.error().message));
    if (!deployment->job_id) return std::unexpected(message(400, "jobId is missing"));
    if (!deployment->goal)
        return std::unexpected(message(400, "goal is missing; it is START or STOP"));
    return Wanted{*deployment->job_id, *deployment->goal};
}

} // namespace

Async<net::Response> Api::get_deployment(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    if (!id->is_full()) co_return refusal(400, "the job id must have a name, a version and a hash");
    auto const host = call.parameter("host");
    auto const text = id->to_string();
    auto const find = [&]() -> TaskPtr {
        auto const* const entry = mirror_.view().host(host);
        if (!entry) return nullptr;
        auto const task = entry->tasks.find(text);
        return task == entry->tasks.end() ? nullptr : task->second;
    };
    auto task = find();
    if (!task && store::is_node_name(host) && store::is_node_name(text)) {
        auto const path = layout::host_job(host, text);
        auto unconfirmed = co_await confirm_absence(path, call.context.deadline);
        if (unconfirmed) co_return std::move(*unconfirmed);
        task = find();
    }
    if (!task) co_return refusal(404, "the job is not deployed on that host");
    co_return json_body(200, task->text);
}

Async<net::Response> Api::deploy(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    auto wanted = read_wanted(call.request);
    if (!wanted) co_return std::move(wanted.error());
    auto const host = call.parameter("host");
    if (!id->is_full()) co_return answer(400, "INVALID_ID", host, *id);
    if (wanted->job != *id) co_return answer(400, "ID_MISMATCH", host, *id);
    if (wanted->goal == model::Goal::undeploy)
        co_return message(400, "goal: a job is deployed with START or STOP; to undeploy it, use "
                               "DELETE");
    auto const text = id->to_string();
    if (!store::is_node_name(text)) co_return answer(400, "JOB_NOT_FOUND", host, *id);

    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.deploy({.host = host,
                                .job = *id,
                                .goal = wanted->goal,
                                .user = user_of(call),
                                .token = parameter(call, "token")},
                               written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome) co_return failure("deploying " + text + " to " + host, outcome.error(), written);
    switch (*outcome) {
    case DeployOutcome::deployed: break;
    case DeployOutcome::job_not_found: co_return answer(400, "JOB_NOT_FOUND", host, *id);
    case DeployOutcome::forbidden: co_return answer(403, "FORBIDDEN", host, *id);
    case DeployOutcome::host_not_found: co_return answer(400, "HOST_NOT_FOUND", host, *id);
    case DeployOutcome::already_deployed: co_return answer(400, "JOB_ALREADY_DEPLOYED", host, *id);
    case DeployOutcome::port_conflict: co_return answer(400, "PORT_CONFLICT", host, *id);
    }
    log::info("master", "deployed job={:?} host={:?} goal={} user={:?}", text, host,
              model::to_string(wanted->goal), parameter(call, "user"));
    co_return answer(200, "OK", host, *id);
}

Async<net::Response> Api::set_goal(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    auto wanted = read_wanted(call.request);
    if (!wanted) co_return std::move(wanted.error());
    auto const host = call.parameter("host");
    if (wanted->job != *id) co_return answer(400, "ID_MISMATCH", host, *id);
    auto const text = id->to_string();
    if (!store::is_node_name(text)) co_return answer(404, "JOB_NOT_DEPLOYED", host, *id);

    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.set_goal(
        {.host = host, .job = *id, .goal = wanted->goal, .token = parameter(call, "token")},
        written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome)
        co_return failure("setting the goal of " + text + " on " + host, outcome.error(), written);
    switch (*outcome) {
    case SetGoalOutcome::set: break;
    case SetGoalOutcome::not_deployed: co_return answer(404, "JOB_NOT_DEPLOYED", host, *id);
    case SetGoalOutcome::forbidden: co_return answer(403, "FORBIDDEN", host, *id);
    case SetGoalOutcome::host_not_found: co_return answer(404, "HOST_NOT_FOUND", host, *id);
    }
    log::info("master", "goal set job={:?} host={:?} goal={}", text, host,
              model::to_string(wanted->goal));
    co_return answer(200, "OK", host, *id);
}

Async<net::Response> Api::undeploy(Call call) {
    auto const id = job_in_path(call);
    if (!id) co_return refusal(404, "that is not a job id");
    auto const host = call.parameter("host");
    if (!id->is_full()) co_return answer(400, "INVALID_ID", host, *id);
    auto const text = id->to_string();
    if (!store::is_node_name(text)) co_return answer(404, "JOB_NOT_FOUND", host, *id);

    auto const written = std::make_shared<WriteLog>();
    auto work =
        writer_.undeploy({.host = host, .job = *id, .token = parameter(call, "token")}, written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome)
        co_return failure("undeploying " + text + " from " + host, outcome.error(), written);
    switch (*outcome) {
    case UndeployOutcome::undeployed: break;
    case UndeployOutcome::host_not_found: co_return answer(404, "HOST_NOT_FOUND", host, *id);
    case UndeployOutcome::not_deployed: co_return answer(404, "JOB_NOT_FOUND", host, *id);
    case UndeployOutcome::forbidden: co_return answer(403, "FORBIDDEN", host, *id);
    }
    log::info("master", "undeployed job={:?} host={:?} user={:?}", text, host,
              parameter(call, "user"));
    co_return answer(200, "OK", host, *id);
}

} // namespace heliosd::master
