// SPDX-License-Identifier: Apache-2.0
// Operations on jobs: adding and removing them (spec/zookeeper.md §5.3, §5.4).
#include "base/log.h"
#include "master/operations.h"
#include "master/registration.h"
#include "store/paths.h"

#include <fmt/format.h>

namespace heliosd::master {

namespace paths = store::paths;
using store::StoreErrc;

namespace {

constexpr int max_attempts = 5;

std::unexpected<Error> gave_up(std::string const& what, Error const& last) {
    return fail(last.code, fmt::format("{} failed {} times because others changed the same nodes "
                                       "meanwhile; try again. The last reason: {}",
                                       what, max_attempts, last.message));
}

} // namespace

Async<Result<AddJobEvidence>> Operations::look_after_add(model::JobId id, std::string marker) {
    auto const text = id.to_string();
    auto const own = co_await is_there(paths::job_creation(text, marker));
    if (!own) co_return std::unexpected(own.error());
    auto const job = co_await is_there(paths::job(text));
    if (!job) co_return std::unexpected(job.error());
    auto const reference = co_await is_there(paths::job_ref(reference_name(id)));
    if (!reference) co_return std::unexpected(reference.error());
    co_return AddJobEvidence{.own_marker = *own, .job = *job, .reference = *reference};
}

Async<Result<AddJobOutcome>> Operations::add_job(model::Job job) {
    auto const id = job.id.to_string();
    auto const marker = random_uuid(rng_);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const added = co_await store_.multi(add_job_ops(job, marker, random_uuid(rng_)));
        auto outcome = AddJobOutcome::added;
        if (!added) {
            last = added.error().error;
            auto const failure = classify(last);
            if (failure == WriteFailure::hopeless) co_return std::unexpected(last);
            if (last.code == StoreErrc::not_found) {
                // A tree so new that no master has registered in it yet.
                auto const made = co_await ensure_base_nodes(store_);
                if (!made) co_return std::unexpected(made.error());
                continue;
            }
            if (failure == WriteFailure::outcome_unknown) {
                auto const synced = co_await store_.sync(paths::job(id));
                if (!synced) co_return std::unexpected(last);
            }
            auto const seen = co_await look_after_add(job.id, marker);
            if (!seen) co_return std::unexpected(seen.error());
            auto const verdict = judge_add_job(*seen);
            if (!verdict) continue;
            outcome = *verdict;
        }
        // The place for its history comes after the job, or a refused job would leave one behind
        // (B6). Agents make it too, so nothing depends on this.
        if (outcome == AddJobOutcome::added) {
            auto const ensured = co_await store::ensure_path(store_, paths::history_job(id));
            if (!ensured) log::debug("master", "no history node yet: {}", ensured.error().message);
        }
        co_return outcome;
    }
    co_return gave_up("adding job " + id, last);
}

Async<Result<RemoveJobPlan>> Operations::plan_removal(model::JobId id, std::int32_t version) {
    RemoveJobPlan plan{.id = id, .version = version};
    auto children = co_await names(paths::job(id.to_string()));
    if (!children) co_return std::unexpected(children.error());
    plan.children = std::move(*children);
    auto const reference = co_await look(paths::job_ref(reference_name(id)));
    if (!reference) co_return std::unexpected(reference.error());
    plan.reference_is_ours = *reference && (*reference)->data == json::quoted(id.to_string());
    co_return plan;
}

Async<Result<RemoveJobEvidence>> Operations::look_after_removal(std::string id,
                                                                std::string change) {
    auto const counter = co_await look(std::string(paths::config_jobs));
    if (!counter) co_return std::unexpected(counter.error());
    auto const job = co_await is_there(paths::job(id));
    if (!job) co_return std::unexpected(job.error());
    auto const hosts = co_await names(paths::job_hosts(id));
    if (!hosts) co_return std::unexpected(hosts.error());
    co_return RemoveJobEvidence{.job = *job,
                                .own_change = *counter && (*counter)->data == change,
                                .deployed = !hosts->empty()};
}

Async<Result<RemoveJobOutcome>> Operations::remove_job(model::JobId id, std::string token) {
    auto const text = id.to_string();
    auto const path = paths::job(text);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const node = co_await find(path);
        if (!node) co_return std::unexpected(node.error());
        if (!*node) co_return RemoveJobOutcome::not_found;
        // A job nobody can read has no token that could be checked; it must still be removable.
        auto const document = json::parse((*node)->data);
        if (document) {
            auto const job = model::job_from_json(*document);
            if (job && job->token != token) co_return RemoveJobOutcome::forbidden;
        }

        auto const plan = co_await plan_removal(id, (*node)->stat.version);
        if (!plan) co_return std::unexpected(plan.error());
        auto const change = random_uuid(rng_);
        auto const removed = co_await store_.multi(remove_job_ops(*plan, change));
        auto outcome = RemoveJobOutcome::removed;
        if (!removed) {
            last = removed.error().error;
            auto const failure = classify(last);
            if (failure == WriteFailure::hopeless) co_return std::unexpected(last);
            if (failure == WriteFailure::outcome_unknown) {
                auto const synced = co_await store_.sync(path);
                if (!synced) co_return std::unexpected(last);
            }
            auto seen = co_await look_after_removal(text, change);
            if (!seen) co_return std::unexpected(seen.error());
            seen->outcome_known = failure == WriteFailure::refused;
            auto const verdict = judge_remove_job(*seen);
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
