// SPDX-License-Identifier: Apache-2.0
// ClusterWriter on deployments: deploy, set the goal, undeploy (spec/zookeeper.md §5.5–5.7).
#include "layout/paths.h"
#include "master/writes/cluster_writer.h"

#include <fmt/format.h>

namespace heliosd::master {

namespace {

constexpr int max_attempts = 3;

std::unexpected<Error> gave_up(std::string_view doing, Error const& last) {
    return fail(last.code, fmt::format("3 failures (possibly concurrent modifications) while {}. "
                                       "Giving up. The last reason: {}",
                                       doing, last.message));
}

Result<model::Task> task_of(std::string const& path, std::string const& data) {
    auto const document = json::parse(data);
    if (!document) return std::unexpected(in_context(path, document.error()));
    auto task = model::task_from_json(*document);
    if (!task) return std::unexpected(in_context(path, task.error()));
    return task;
}

} // namespace

Async<Result<std::optional<DeploymentNode>>> ClusterWriter::read_deployment(std::string host,
                                                                            std::string job) {
    auto const path = layout::host_job(host, job);
    // Children before data: a write against a deployment that was replaced in between then names
    // a marker that is gone, and is refused.
    auto children = CO_TRY(co_await children_of(path));
    auto node = CO_TRY(co_await get_if_exists(path));
    if (!node) co_return std::optional<DeploymentNode>{};
    co_return std::optional(
        DeploymentNode{std::move(node->data), node->stat.version, std::move(children)});
}

Async<Result<DeployEvidence>> ClusterWriter::read_deploy_evidence(std::string host, model::Job job,
                                                                  std::string marker) {
    auto const id = job.id.to_string();
    DeployEvidence seen;
    seen.own_marker = CO_TRY(co_await is_there(layout::host_job_creation(host, id, marker)));
    seen.job = CO_TRY(co_await is_there(layout::job(id)));
    seen.task = CO_TRY(co_await is_there(layout::host_job(host, id)));
    seen.registered = CO_TRY(co_await is_there(layout::host_id(host)));
    auto const ports = claimed_ports(job);
    for (auto const port : ports) {
        auto const claim = CO_TRY(co_await get_if_exists(layout::host_port(host, port)));
        if (claim) (claim->data == json::quoted(id) ? seen.own_port : seen.foreign_port) = true;
    }
    co_return seen;
}

Async<Result<DeployOutcome>> ClusterWriter::deploy(DeployRequest request, WriteLogPtr log) {
    auto const id = request.job.to_string();
    auto const task_path = layout::host_job(request.host, id);
    DeployEvidence seen;
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const job = CO_TRY(co_await find_job(id));
        if (!job) co_return DeployOutcome::job_not_found;
        if (job->token != request.token) co_return DeployOutcome::forbidden;
        if (!store::is_node_name(request.host)) co_return DeployOutcome::host_not_found;
        auto const deployed = CO_TRY(co_await is_still_there(task_path));
        if (deployed) co_return DeployOutcome::already_deployed;

        model::Task const task{.job = *job, .goal = request.goal, .deployer_user = request.user};
        auto const marker = random_uuid(rng_);
        auto const done = co_await send(deploy_ops(request.host, task, marker), log);
        if (done) co_return DeployOutcome::deployed;

        last = done.error().error;
        auto const read = [&] { return read_deploy_evidence(request.host, *job, marker); };
        seen = CO_TRY(co_await read_after<DeployEvidence>(last, task_path, read));
        auto const verdict = interpret_deploy(seen);
        if (verdict) co_return *verdict;
    }
    // A claim of the job's own, again and again without a deployment, was left over from one.
    if (seen.own_port) co_return DeployOutcome::port_conflict;
    co_return gave_up("deploying", last);
}

Async<Result<SetGoalOutcome>> ClusterWriter::set_goal(SetGoalRequest request, WriteLogPtr log) {
    auto const id = request.job.to_string();
    auto const task_path = layout::host_job(request.host, id);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const job = CO_TRY(co_await find_job(id));
        if (!job) co_return SetGoalOutcome::not_deployed;
        if (job->token != request.token) co_return SetGoalOutcome::forbidden;
        if (!store::is_node_name(request.host)) co_return SetGoalOutcome::host_not_found;
        auto const host = CO_TRY(co_await find(layout::host(request.host)));
        if (!host) co_return SetGoalOutcome::host_not_found;
        auto node = CO_TRY(co_await read_deployment(request.host, id));
        if (!node) {
            CO_TRY(co_await store_.sync(task_path));
            node = CO_TRY(co_await read_deployment(request.host, id));
            if (!node) co_return SetGoalOutcome::not_deployed;
        }

        // Who deployed it stays; the job is stored as it is now.
        auto task = CO_TRY(task_of(task_path, node->data));
        task.job = *job;
        task.goal = request.goal;
        auto const ops = set_goal_ops(request.host, task, *node);
        auto const written = std::get<store::Set>(ops.back()).data;
        auto const done = co_await send(ops, log);
        if (done) co_return SetGoalOutcome::set;

        last = done.error().error;
        auto const read = [&] { return get_if_exists(task_path); };
        auto const now =
            CO_TRY(co_await read_after<std::optional<store::Node>>(last, task_path, read));
        SetGoalEvidence const seen{.outcome_known = classify(last) == WriteFailure::refused,
                                   .task = now.has_value(),
                                   .as_written = now && now->data == written};
        auto const verdict = interpret_set_goal(seen);
        if (verdict) co_return *verdict;
    }
    co_return gave_up("setting the goal", last);
}

Async<Result<UndeployPlan>> ClusterWriter::plan_undeploy(std::string host, model::Job job,
                                                         DeploymentNode node) {
    auto const id = job.id.to_string();
    UndeployPlan plan{.host = host, .job = id, .node = std::move(node)};
    plan.job_host = CO_TRY(co_await is_there(layout::job_host(id, host)));
    auto const ports = claimed_ports(job);
    for (auto const port : ports) {
        auto const claim = CO_TRY(co_await get_if_exists(layout::host_port(host, port)));
        if (claim && claim->data == json::quoted(id)) plan.ports.push_back(port);
    }
    co_return plan;
}

Async<Result<UndeployOutcome>> ClusterWriter::undeploy(UndeployRequest request, WriteLogPtr log) {
    auto const id = request.job.to_string();
    auto const task_path = layout::host_job(request.host, id);
    if (!store::is_node_name(request.host)) co_return UndeployOutcome::host_not_found;
    auto const host = CO_TRY(co_await find(layout::host(request.host)));
    if (!host) co_return UndeployOutcome::host_not_found;
    // A deployment that has been replaced would be taken for the one to end, and its end reported.
    CO_TRY(co_await store_.sync(task_path));

    std::optional<std::string> first_marker;
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const node = CO_TRY(co_await read_deployment(request.host, id));
        if (!node) co_return UndeployOutcome::not_deployed;
        if (attempt == 0) first_marker = node->marker();
        if (node->marker() != first_marker) co_return UndeployOutcome::not_deployed;
        auto const task = CO_TRY(task_of(task_path, node->data));
        // A deployment whose job is gone has nobody left who could know its token (B5).
        auto const job_there = CO_TRY(co_await is_there(layout::job(id)));
        if (job_there && task.job.token != request.token) co_return UndeployOutcome::forbidden;

        auto const plan = CO_TRY(co_await plan_undeploy(request.host, task.job, *node));
        auto const done = co_await send(undeploy_ops(plan), log);
        if (done) co_return UndeployOutcome::undeployed;

        last = done.error().error;
        auto const read = [&] { return read_deployment(request.host, id); };
        auto const now =
            CO_TRY(co_await read_after<std::optional<DeploymentNode>>(last, task_path, read));
        UndeployEvidence const seen{.outcome_known = classify(last) == WriteFailure::refused,
                                    .task = now.has_value(),
                                    .same_deployment = now && now->marker() == first_marker};
        auto const verdict = interpret_undeploy(seen);
        if (verdict) co_return *verdict;
    }
    co_return gave_up("undeploying", last);
}

} // namespace heliosd::master
