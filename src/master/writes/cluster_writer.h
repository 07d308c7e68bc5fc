// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/rng.h"
#include "master/writes/deployment_writes.h"
#include "master/writes/host_writes.h"
#include "master/writes/job_writes.h"
#include "master/writes/outcomes.h"
#include "master/writes/write_failure.h"
#include "master/writes/write_log.h"
#include "store/store.h"

#include <functional>
#include <string>
#include <vector>

namespace heliosd::master {

/// The writes of a master (spec/zookeeper.md §5), and the reads they need. Each decides
/// from fresh reads, never from the mirror, and ends in one multi that is conditional on these
/// reads; after a lost race it reads again, a few times. Nothing is resent before the tree was read
/// to find out whether it happened (B2), and no "not found" is answered before a `sync` (B27).
///
/// The master owns one. Errors are those of the store, or a sentence about a tree that makes no
/// sense; both mean that nothing happened. While it is not known whether a write happened, there is
/// no error: the tree is read until it tells, so the caller limits the time.
class ClusterWriter {
public:
    ClusterWriter(store::Store& store, Clock& clock, Rng& rng)
        : store_(store), clock_(clock), rng_(rng) {}

    Async<Result<AddJobOutcome>> add_job(model::Job job, WriteLogPtr log = new_log());
    Async<Result<RemoveJobOutcome>> remove_job(model::JobId id, std::string token,
                                               WriteLogPtr log = new_log());

    Async<Result<DeployOutcome>> deploy(DeployRequest request, WriteLogPtr log = new_log());
    Async<Result<SetGoalOutcome>> set_goal(SetGoalRequest request, WriteLogPtr log = new_log());
    Async<Result<UndeployOutcome>> undeploy(UndeployRequest request, WriteLogPtr log = new_log());

    Async<Result<RegisterOutcome>> register_host(std::string host, std::string id,
                                                 WriteLogPtr log = new_log());
    Async<Result<DeregisterOutcome>> deregister_host(std::string host, WriteLogPtr log = new_log());

    /// Events of all hosts by time; nothing when the job does not exist (§5.9).
    Async<Result<std::optional<std::vector<model::TaskStatusEvent>>>> job_history(model::JobId id);

private:
    static WriteLogPtr new_log() { return std::make_shared<WriteLog>(); }

    /// The node, or nothing when it does not exist even after a `sync`.
    Async<Result<std::optional<store::Node>>> find(std::string path);
    /// The node as this session sees it, without a `sync`.
    Async<Result<std::optional<store::Node>>> get_if_exists(std::string path);
    Async<Result<bool>> is_there(std::string path);
    /// Whether it exists even after a `sync`.
    Async<Result<bool>> is_still_there(std::string path);
    /// Names below `path`; none when it does not exist.
    Async<Result<std::vector<std::string>>> children_of(std::string path);
    Async<Result<std::optional<model::Job>>> find_job(std::string id);
    /// Sends a multi and notes it in the log.
    Async<store::MultiResult> send(std::vector<store::Op> ops, WriteLogPtr log);
    /// What `read` finds after a failed write, behind a `sync`. As long as it is not known whether
    /// the write happened, a reading that fails is repeated. Error: the write was refused, and why
    /// cannot be found out; or it failed for good.
    template <class T>
    Async<Result<T>> read_after(Error failed, std::string path,
                                std::function<Async<Result<T>>()> read);

    Async<Result<AddJobEvidence>> read_add_evidence(model::JobId id, std::string marker);
    Async<Result<RemoveJobPlan>> plan_removal(model::JobId id, std::int32_t version);
    Async<Result<RemoveJobEvidence>> read_removal_evidence(std::string id, std::int64_t czxid);
    Async<Result<DeployEvidence>> read_deploy_evidence(std::string host, model::Job job,
                                                       std::string marker);
    Async<Result<std::optional<DeploymentNode>>> read_deployment(std::string host, std::string job);
    Async<Result<UndeployPlan>> plan_undeploy(std::string host, model::Job job,
                                              DeploymentNode node);
    /// Those of `paths` that exist.
    Async<Result<std::vector<std::string>>> existing(std::vector<std::string> paths);
    Async<Result<HostRemains>> read_remains(std::string host);
    /// An event in a job's history, by the names of its nodes.
    struct EventName {
        std::string host, stamp;
    };
    /// Nothing when it has vanished or makes no sense.
    Async<Result<std::optional<model::TaskStatusEvent>>> read_event(std::string job,
                                                                    EventName name);
    store::Store& store_;
    Clock& clock_;
    Rng& rng_;
};

template <class T>
Async<Result<T>> ClusterWriter::read_after(Error failed, std::string path,
                                           std::function<Async<Result<T>>()> read) {
    constexpr Duration pause = std::chrono::milliseconds{100};
    auto const failure = classify(failed);
    if (failure == WriteFailure::fatal) co_return std::unexpected(std::move(failed));
    for (;;) {
        Result<T> seen = std::unexpected(Error{});
        auto synced = co_await store_.sync(path);
        if (synced)
            seen = co_await read();
        else
            seen = std::unexpected(std::move(synced.error()));
        bool const closed = store_.session().state == store::SessionState::closed;
        if (seen || failure == WriteFailure::refused || closed) co_return seen;
        co_await clock_.sleep(pause);
    }
}

} // namespace heliosd::master
