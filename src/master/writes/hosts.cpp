// SPDX-License-Identifier: Apache-2.0
// ClusterWriter on hosts: register and deregister (spec/zookeeper.md §5.1, §5.2).
#include "base/async/concurrently.h"
#include "layout/paths.h"
#include "master/writes/cluster_writer.h"

#include <fmt/format.h>

namespace heliosd::master {

namespace {

constexpr int max_attempts = 5;

std::unexpected<Error> gave_up(std::string const& what, Error const& last) {
    return fail(last.code, fmt::format("{} failed {} times because its agent or another master "
                                       "changed the same nodes meanwhile; try again. The last "
                                       "reason: {}",
                                       what, max_attempts, last.message));
}

} // namespace

Async<Result<RegisterOutcome>> ClusterWriter::register_host(std::string host, std::string id) {
    auto const id_path = layout::host_id(host);
    auto const skeleton = host_skeleton(host);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const known = CO_TRY(co_await find(id_path));
        if (known) {
            co_return known->data == id ? RegisterOutcome::registered : RegisterOutcome::other_id;
        }
        std::vector<std::string> missing;
        for (auto const& path : skeleton) {
            auto const there = CO_TRY(co_await is_there(path));
            if (!there) missing.push_back(path);
        }
        auto const done = co_await store_.multi(register_host_ops(host, id, missing));
        if (done) co_return RegisterOutcome::registered;
        last = done.error().error;
        if (classify(last) == WriteFailure::fatal) co_return std::unexpected(last);
    }
    co_return gave_up("registering host " + host, last);
}

Async<Result<HostRemains>> ClusterWriter::read_remains(std::string host) {
    HostRemains remains{.host = host};
    // The deployments come from this one listing: a later deploy to the host makes the removal
    // fail, so no reverse entry can be missed.
    remains.config = CO_TRY(co_await store::list_tree(store_, layout::host(host)));
    auto const jobs_root = layout::host_jobs(host);
    for (auto const& path : remains.config) {
        auto const job = store::below(jobs_root, path);
        if (job && job->rest.empty()) remains.jobs.emplace_back(job->name);
    }
    std::vector<std::string> reverse;
    for (auto const& job : remains.jobs) reverse.push_back(layout::job_host(job, host));
    auto const look_for = [this](std::string path) { return store_.exists(std::move(path)); };
    auto const stats = CO_TRY(co_await concurrently(store::reads_at_once, reverse, look_for));
    for (std::size_t i = 0; i < reverse.size(); ++i)
        if (stats[i]) remains.job_hosts.push_back(std::move(reverse[i]));
    remains.status = CO_TRY(co_await store::list_tree(store_, layout::status_host(host)));
    co_return remains;
}

Async<Result<DeregisterOutcome>> ClusterWriter::deregister_host(std::string host) {
    if (!store::is_node_name(host)) co_return DeregisterOutcome::not_found;
    auto const path = layout::host(host);
    bool outcome_unknown = false;
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const node = CO_TRY(co_await find(path));
        if (!node) {
            co_return outcome_unknown ? DeregisterOutcome::removed : DeregisterOutcome::not_found;
        }
        auto const remains = CO_TRY(co_await read_remains(host));
        auto const done = co_await store_.multi(deregister_host_ops(remains));
        if (done) {
            // What it ran is of no use any more; what is left of it, a reaper finds.
            auto const forget = [&](std::string job) { return forget_history(job, host); };
            co_await concurrently(store::reads_at_once, remains.jobs, forget);
            co_return DeregisterOutcome::removed;
        }
        last = done.error().error;
        auto const failure = classify(last);
        if (failure == WriteFailure::fatal) co_return std::unexpected(last);
        outcome_unknown = outcome_unknown || failure == WriteFailure::outcome_unknown;
    }
    co_return gave_up("removing host " + host, last);
}

} // namespace heliosd::master
