// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/rng.h"
#include "master/writes/deployment_writes.h"
#include "master/writes/host_writes.h"
#include "master/writes/job_writes.h"
#include "master/writes/outcomes.h"
#include "store/store.h"

#include <functional>
#include <string>
#include <vector>

namespace heliosd::master {

/// What a failed write means for its caller.
enum class WriteFailure {
    refused,         ///< the tree was not as expected: read it to find out why
    outcome_unknown, ///< it may have happened: read the tree to find out
    fatal,           ///< no connection, no permission, …: report it
};
WriteFailure classify(Error const& error);

/// The writes of a master (spec/zookeeper.md §5), and the reads they need. Each decides
/// from fresh reads, never from the mirror, and ends in one multi that is conditional on these
/// reads; after a lost race it reads again, a few times. Nothing is resent before the tree was read
/// to find out whether it happened (B2), and no "not found" is answered before a `sync` (B27).
///
/// The master owns one. Errors are those of the store, or a sentence about a tree that makes no
/// sense; both mean that nothing happened, except `StoreErrc::outcome_unknown`.
class ClusterWriter {
public:
    ClusterWriter(store::Store& store, Rng& rng) : store_(store), rng_(rng) {}

    Async<Result<AddJobOutcome>> add_job(model::Job job);
    Async<Result<RemoveJobOutcome>> remove_job(model::JobId id, std::string token);

    Async<Result<DeployOutcome>> deploy(DeployRequest request);
    Async<Result<SetGoalOutcome>> set_goal(SetGoalRequest request);
    Async<Result<UndeployOutcome>> undeploy(UndeployRequest request);

    Async<Result<RegisterOutcome>> register_host(std::string host, std::string id);
    Async<Result<DeregisterOutcome>> deregister_host(std::string host);

    /// Events of all hosts by time; nothing when the job does not exist (§5.9).
    Async<Result<std::optional<std::vector<model::TaskStatusEvent>>>> job_history(model::JobId id);
    /// Removes a job's history in chunks, looking again when an agent still writes to it (B8).
    Async<Result<>> remove_history(std::string job);

private:
    /// The node, or nothing when it does not exist even after a `sync`.
    Async<Result<std::optional<store::Node>>> find(std::string path);
    /// The node as this session sees it, without a `sync`.
    Async<Result<std::optional<store::Node>>> get_if_exists(std::string path);
    Async<Result<bool>> is_there(std::string path);
    /// Names below `path`; none when it does not exist.
    Async<Result<std::vector<std::string>>> children_of(std::string path);
    Async<Result<std::optional<model::Job>>> find_job(std::string id);
    /// What a failed write means, after a `sync`, so that the reads that follow see its cause.
    /// Error: the failure itself, when reading would not explain it.
    Async<Result<WriteFailure>> classify_after_sync(Error failed, std::string path);

    Async<Result<AddJobEvidence>> read_add_evidence(model::JobId id, std::string marker);
    Async<Result<RemoveJobPlan>> plan_removal(model::JobId id, std::int32_t version);
    Async<Result<RemoveJobEvidence>> read_removal_evidence(std::string id, std::string change);
    Async<Result<DeployEvidence>> read_deploy_evidence(std::string host, model::Job job,
                                                       std::string marker);
    Async<Result<std::optional<DeploymentNode>>> read_deployment(std::string host, std::string job);
    Async<Result<UndeployPlan>> plan_undeploy(std::string host, model::Job job,
                                              DeploymentNode node);
    Async<Result<HostRemains>> read_remains(std::string host);
    /// An event in a job's history, by the names of its nodes.
    struct EventName {
        std::string host, stamp;
    };
    /// Nothing when it has vanished or makes no sense.
    Async<Result<std::optional<model::TaskStatusEvent>>> read_event(std::string job,
                                                                    EventName name);
    Async<Result<>> remove_tree(std::string root);
    /// Best effort.
    Async<Result<>> forget_history(std::string job, std::string host);

    store::Store& store_;
    Rng& rng_;
};

} // namespace heliosd::master
