// SPDX-License-Identifier: Apache-2.0
// ClusterWriter on jobs: adding and removing them (spec/zookeeper.md §5.3, §5.4).
#include "base/log.h"
#include "layout/paths.h"
#include "master/writes/base_nodes.h"
#include "master/writes/cluster_writer.h"

#include <fmt/format.h>

namespace heliosd::master {

using store::StoreErrc;

namespace {

constexpr int max_attempts = 5;

std::unexpected<Error> gave_up(std::string const& what, Error const& last) {
    return fail(last.code, fmt::format("{} failed {} times because others changed the same nodes "
                                       "meanwhile; try again. The last reason: {}",
                                       what, max_attempts, last.message));
}

} // namespace

Async<Result<AddJobEvidence>> ClusterWriter::read_add_evidence(model::JobId id,
                                                               std::string marker) {
    auto const text = id.to_string();
    auto const own = CO_TRY(co_await is_there(layout::job_creation(text, marker)));
    auto const job = CO_TRY(co_await is_there(layout::job(text)));
    auto const reference = CO_TRY(co_await is_there(layout::job_ref(reference_name(id))));
    co_return AddJobEvidence{.own_marker = own, .job = job, .reference = reference};
}

Async<Result<AddJobOutcome>> ClusterWriter::add_job(model::Job job, WriteLogPtr log) {
    auto const id = job.id.to_string();
    auto const marker = random_uuid(rng_);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const added = co_await send(add_job_ops(job, marker, random_uuid(rng_)), log);
        auto outcome = AddJobOutcome::added;
        if (!added) {
            last = added.error().error;
            if (last.code == StoreErrc::not_found) {
                // The tree is new: no master has registered in it yet.
                CO_TRY(co_await ensure_base_nodes(store_));
                continue;
            }
            auto const read = [&] { return read_add_evidence(job.id, marker); };
            auto const seen =
                CO_TRY(co_await read_after<AddJobEvidence>(last, layout::job(id), read));
            auto const verdict = interpret_add_job(seen);
            if (!verdict) continue;
            outcome = *verdict;
        }
        // The history node comes after the job, or a refused job would leave one behind (B6).
        // Agents create it too, so a failure here does no harm.
        if (outcome == AddJobOutcome::added) {
            auto const ensured = co_await store::ensure_path(store_, layout::history_job(id));
            if (!ensured) log::debug("master", "no history node yet: {}", ensured.error().message);
        }
        co_return outcome;
    }
    co_return gave_up("adding job " + id, last);
}

Async<Result<RemoveJobPlan>> ClusterWriter::plan_removal(model::JobId id, std::int32_t version) {
    RemoveJobPlan plan{.id = id, .version = version};
    plan.children = CO_TRY(co_await children_of(layout::job(id.to_string())));
    auto const reference = CO_TRY(co_await get_if_exists(layout::job_ref(reference_name(id))));
    plan.reference_is_ours = reference && reference->data == json::quoted(id.to_string());
    plan.history = CO_TRY(co_await is_there(layout::history_job(id.to_string())));
    co_return plan;
}

Async<Result<RemoveJobEvidence>> ClusterWriter::read_removal_evidence(std::string id,
                                                                      std::int64_t czxid) {
    auto const job = CO_TRY(co_await store_.exists(layout::job(id)));
    auto const hosts = CO_TRY(co_await children_of(layout::job_hosts(id)));
    co_return RemoveJobEvidence{.same_job = job && job->czxid == czxid, .deployed = !hosts.empty()};
}

Async<Result<RemoveJobOutcome>> ClusterWriter::remove_job(model::JobId id, std::string token,
                                                          WriteLogPtr log) {
    auto const text = id.to_string();
    auto const path = layout::job(text);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const node = CO_TRY(co_await find(path));
        if (!node) co_return RemoveJobOutcome::not_found;
        // An unreadable job has no token to check; it must still be removable.
        auto const document = json::parse(node->data);
        if (document) {
            auto const job = model::job_from_json(*document);
            if (job && job->token != token) co_return RemoveJobOutcome::forbidden;
        }

        auto const plan = CO_TRY(co_await plan_removal(id, node->stat.version));
        auto const removed = co_await send(remove_job_ops(plan, random_uuid(rng_)), log);
        auto outcome = RemoveJobOutcome::removed;
        if (!removed) {
            last = removed.error().error;
            auto const read = [&] { return read_removal_evidence(text, node->stat.czxid); };
            auto seen = CO_TRY(co_await read_after<RemoveJobEvidence>(last, path, read));
            seen.outcome_known = classify(last) == WriteFailure::refused;
            auto const verdict = interpret_remove_job(seen);
            if (!verdict) continue;
            outcome = *verdict;
        }
        co_return outcome;
    }
    // Only a child that does not belong there keeps a job that is deployed nowhere: reference
    // masters say "still deployed" then, too.
    if (last.code == StoreErrc::not_empty) co_return RemoveJobOutcome::still_in_use;
    co_return gave_up("removing job " + text, last);
}

} // namespace heliosd::master
