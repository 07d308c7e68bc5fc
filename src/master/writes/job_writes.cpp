// SPDX-License-Identifier: Apache-2.0
#include "master/writes/job_writes.h"

#include "layout/paths.h"
#include "master/writes/history_removals.h"

#include <algorithm>

namespace heliosd::master {

std::string reference_name(model::JobId const& id) {
    return model::JobId{id.name, id.version, std::nullopt}.to_string();
}

std::vector<store::Op> add_job_ops(model::Job const& job, std::string const& marker,
                                   std::string const& change) {
    auto const id = job.id.to_string();
    // The order decides which failure is reported, and reference masters use the same (§1.3).
    return {
        store::Create{layout::job(id), json::write(model::to_json(job, model::Mode::common))},
        store::Create{layout::job_ref(reference_name(job.id)), json::quoted(id)},
        store::Create{layout::job_hosts(id), ""},
        store::Create{layout::job_creation(id, marker), ""},
        store::Set{std::string(layout::config_jobs), change},
    };
}

std::optional<AddJobOutcome> interpret_add_job(AddJobEvidence seen) {
    if (seen.own_marker) return AddJobOutcome::added;
    // Name and version are unique, whatever the hash [quirk].
    if (seen.job || seen.reference) return AddJobOutcome::exists;
    return std::nullopt;
}

std::vector<store::Op> remove_job_ops(RemoveJobPlan const& plan, std::string const& change) {
    auto const id = plan.id.to_string();
    std::vector<store::Op> ops;
    for (auto const& child : plan.children) {
        if (child.starts_with(layout::creation_prefix))
            ops.push_back(store::Remove{store::join(layout::job(id), child)});
    }
    if (std::ranges::find(plan.children, "hosts") != plan.children.end())
        ops.push_back(store::Remove{layout::job_hosts(id)});
    if (plan.reference_is_ours)
        ops.push_back(store::Remove{layout::job_ref(reference_name(plan.id))});
    ops.push_back(store::Remove{layout::job(id), plan.version});
    ops.push_back(store::Set{std::string(layout::config_jobs), change});
    if (plan.history) ops.push_back(mark_history(layout::history_job(id)));
    return ops;
}

std::optional<RemoveJobOutcome> interpret_remove_job(RemoveJobEvidence seen) {
    // After a lost reply, a job that is gone counts as removed, whoever removed it. One that was
    // created since is another.
    if (!seen.same_job) {
        return seen.outcome_known ? RemoveJobOutcome::not_found : RemoveJobOutcome::removed;
    }
    if (seen.deployed) return RemoveJobOutcome::still_in_use;
    return std::nullopt;
}

} // namespace heliosd::master
