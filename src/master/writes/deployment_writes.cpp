// SPDX-License-Identifier: Apache-2.0
#include "master/writes/deployment_writes.h"

#include "layout/paths.h"

namespace heliosd::master {

namespace {

std::string text_of(model::Task const& task) {
    return json::write(model::to_json(task, model::Mode::common));
}

} // namespace

std::set<int> claimed_ports(model::Job const& job) {
    std::set<int> ports;
    for (auto const& [name, mapping] : job.ports) {
        if (mapping.external_port) ports.insert(*mapping.external_port);
    }
    return ports;
}

std::vector<store::Op> deploy_ops(std::string const& host, model::Task const& task,
                                  std::string const& marker) {
    auto const id = task.job.id.to_string();
    std::vector<store::Op> ops{store::Check{layout::job(id)}};
    for (auto const port : claimed_ports(task.job))
        ops.push_back(store::Create{layout::host_port(host, port), json::quoted(id)});
    ops.push_back(store::Create{layout::job_host(id, host), ""});
    ops.push_back(store::Create{layout::host_job(host, id), text_of(task)});
    ops.push_back(store::Create{layout::host_job_creation(host, id, marker), ""});
    return ops;
}

std::optional<DeployOutcome> interpret_deploy(DeployEvidence seen) {
    if (seen.own_marker) return DeployOutcome::deployed;
    if (!seen.job) return DeployOutcome::job_not_found;
    if (seen.task) return DeployOutcome::already_deployed;
    if (seen.foreign_port) return DeployOutcome::port_conflict;
    if (!seen.registered) return DeployOutcome::host_not_found;
    return std::nullopt;
}

std::optional<std::string> DeploymentNode::marker() const {
    for (auto const& child : children) {
        if (child.starts_with(layout::creation_prefix)) return child;
    }
    return std::nullopt;
}

std::vector<store::Op> set_goal_ops(std::string const& host, model::Task const& task,
                                    DeploymentNode const& node) {
    auto const path = layout::host_job(host, task.job.id.to_string());
    std::vector<store::Op> ops;
    // The version alone would not notice an undeploy and redeploy in between: it starts at 0 again.
    if (auto const marker = node.marker()) ops.push_back(store::Check{store::join(path, *marker)});
    ops.push_back(store::Set{path, text_of(task), node.version});
    return ops;
}

std::optional<SetGoalOutcome> interpret_set_goal(SetGoalEvidence seen) {
    if (!seen.task) return SetGoalOutcome::not_deployed;
    if (!seen.outcome_known && seen.as_written) return SetGoalOutcome::set;
    return std::nullopt;
}

std::vector<store::Op> undeploy_ops(UndeployPlan const& plan) {
    auto const path = layout::host_job(plan.host, plan.job);
    std::vector<store::Op> ops;
    for (auto const& child : plan.node.children)
        ops.push_back(store::Remove{store::join(path, child)});
    ops.push_back(store::Remove{path, plan.node.version});
    if (plan.job_host) ops.push_back(store::Remove{layout::job_host(plan.job, plan.host)});
    for (auto const port : plan.ports)
        ops.push_back(store::Remove{layout::host_port(plan.host, port)});
    return ops;
}

std::optional<UndeployOutcome> interpret_undeploy(UndeployEvidence seen) {
    if (seen.task && seen.same_deployment) return std::nullopt;
    // Another client removed it first, or has redeployed the job since; this request does not
    // remove that deployment.
    return seen.outcome_known ? UndeployOutcome::not_deployed : UndeployOutcome::undeployed;
}

} // namespace heliosd::master
