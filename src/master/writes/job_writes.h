// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/writes/outcomes.h"
#include "store/store.h"

#include <optional>
#include <string>
#include <vector>

/// What adding and removing a job writes, and what it means when that fails: pure functions, so
/// that every race of spec/zookeeper.md §5.3 and §5.4 is a row of a table.
namespace heliosd::master {

/// The node below /config/jobrefs that makes name and version unique: `name:version`.
std::string reference_name(model::JobId const& id);

/// `marker` is the UUID that identifies the job as this request's own, `change` the one written to
/// the job set's parent, which every change of the set replaces.
std::vector<store::Op> add_job_ops(model::Job const& job, std::string const& marker,
                                   std::string const& change);

/// What stands in the tree after a failed attempt.
struct AddJobEvidence {
    bool own_marker = false, job = false, reference = false;
};
/// Nothing: the conflicting node is gone, so retry.
std::optional<AddJobOutcome> interpret_add_job(AddJobEvidence seen);

/// The nodes of a job as read before its removal. Only nodes that exist are removed, so that a job
/// can be removed from a tree that was edited by hand.
struct RemoveJobPlan {
    model::JobId id;
    std::int32_t version = 0;          ///< of the job's node
    std::vector<std::string> children; ///< names below the job's node
    bool reference_is_ours = true;     ///< /config/jobrefs names this very job
    bool history = false;              ///< there is one, to be marked for removal
};
std::vector<store::Op> remove_job_ops(RemoveJobPlan const& plan, std::string const& change);

struct RemoveJobEvidence {
    bool outcome_known = true; ///< the store refused it; otherwise the reply was lost (§12.2)
    bool same_job = false;     ///< the very node that was to be removed is there
    bool deployed = false;     ///< /config/jobs/<j>/hosts has children
};
std::optional<RemoveJobOutcome> interpret_remove_job(RemoveJobEvidence seen);

} // namespace heliosd::master
