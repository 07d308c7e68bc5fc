// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/writes/outcomes.h"
#include "store/store.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

/// What deploying, setting a goal and undeploying write, and what it means when that fails: pure
/// functions, so that every race of spec/zookeeper.md §5.5–5.7 is a row of a table.
namespace heliosd::master {

/// The external ports a job claims on its host, by number: protocols share them [quirk].
std::set<int> claimed_ports(model::Job const& job);

/// `marker` is the UUID that identifies the deployment as this request's own.
std::vector<store::Op> deploy_ops(std::string const& host, model::Task const& task,
                                  std::string const& marker);

/// What stands in the tree after a failed attempt.
struct DeployEvidence {
    bool own_marker = false;   ///< the write happened
    bool job = false;          ///< /config/jobs/<j>
    bool task = false;         ///< /config/hosts/<h>/jobs/<j>
    bool foreign_port = false; ///< one of the job's ports is claimed by another job
    bool own_port = false;     ///< one is claimed by this job
    bool registered = false;   ///< /config/hosts/<h>/id
};
/// Nothing: the tree changed meanwhile, so read it again and retry.
std::optional<DeployOutcome> interpret_deploy(DeployEvidence seen);

/// A deployment as read: its task with the version to write against, and its children. The creation
/// marker among them distinguishes successive deployments of one job.
struct DeploymentNode {
    std::string data;
    std::int32_t version = 0;
    std::vector<std::string> children;

    std::optional<std::string> marker() const;
};

std::vector<store::Op> set_goal_ops(std::string const& host, model::Task const& task,
                                    DeploymentNode const& node);

struct SetGoalEvidence {
    bool outcome_known = true; ///< the store refused it; otherwise the reply was lost (§12.2)
    bool task = false;         ///< the deployment is there
    bool as_written = false;   ///< and holds exactly what this attempt wrote
};
std::optional<SetGoalOutcome> interpret_set_goal(SetGoalEvidence seen);

/// The nodes of a deployment that exist besides its own.
struct UndeployPlan {
    std::string host, job;
    DeploymentNode node;
    bool job_host = true;   ///< the reverse entry at the job
    std::vector<int> ports; ///< the claims that name this job
};
std::vector<store::Op> undeploy_ops(UndeployPlan const& plan);

struct UndeployEvidence {
    bool outcome_known = true;
    bool task = false;            ///< a deployment is there
    bool same_deployment = false; ///< and it is the one that was read first
};
std::optional<UndeployOutcome> interpret_undeploy(UndeployEvidence seen);

} // namespace heliosd::master
