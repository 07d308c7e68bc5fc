// SPDX-License-Identifier: Apache-2.0
// Operations on hosts: register and deregister (spec/zookeeper.md §5.1, §5.2).
#include "base/concurrently.h"
#include "master/operations.h"
#include "store/paths.h"

#include <fmt/format.h>

namespace heliosd::master {

namespace paths = store::paths;

namespace {

constexpr int max_attempts = 5;

std::unexpected<Error> gave_up(std::string const& what, Error const& last) {
    return fail(last.code, fmt::format("{} failed {} times because its agent or another master "
                                       "changed the same nodes meanwhile; try again. The last "
                                       "reason: {}",
                                       what, max_attempts, last.message));
}

} // namespace

Async<Result<RegisterOutcome>> Operations::register_host(std::string host, std::string id) {
    auto const id_path = paths::host_id(host);
    auto const skeleton = host_skeleton(host);
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const known = co_await find(id_path);
        if (!known) co_return std::unexpected(known.error());
        if (*known) {
            co_return (*known)->data == id ? RegisterOutcome::registered
                                           : RegisterOutcome::other_id;
        }
        std::vector<std::string> missing;
        for (auto const& path : skeleton) {
            auto const there = co_await is_there(path);
            if (!there) co_return std::unexpected(there.error());
            if (!*there) missing.push_back(path);
        }
        auto const done = co_await store_.multi(register_host_ops(host, id, missing));
        if (done) co_return RegisterOutcome::registered;
        last = done.error().error;
        if (classify(last) == WriteFailure::hopeless) co_return std::unexpected(last);
    }
    co_return gave_up("registering host " + host, last);
}

Async<Result<HostRemains>> Operations::read_remains(std::string host) {
    HostRemains remains{.host = host};
    // Its deployments are taken from this one listing: whoever deploys there later makes the
    // removal fail, so no reverse entry can be missed.
    auto config = co_await store::list_tree(store_, paths::host(host));
    if (!config) co_return std::unexpected(config.error());
    remains.config = std::move(*config);
    auto const jobs_root = paths::host_jobs(host);
    for (auto const& path : remains.config) {
        auto const job = paths::below(jobs_root, path);
        if (job && job->rest.empty()) remains.jobs.emplace_back(job->name);
    }
    std::vector<std::string> reverse;
    for (auto const& job : remains.jobs) reverse.push_back(paths::job_host(job, host));
    auto const look_for = [this](std::string path) { return store_.exists(std::move(path)); };
    auto const stats = co_await concurrently(store::reads_at_once, reverse, look_for);
    if (!stats) co_return std::unexpected(stats.error());
    for (std::size_t i = 0; i < reverse.size(); ++i)
        if ((*stats)[i]) remains.job_hosts.push_back(std::move(reverse[i]));
    auto status = co_await store::list_tree(store_, paths::status_host(host));
    if (!status) co_return std::unexpected(status.error());
    remains.status = std::move(*status);
    co_return remains;
}

Async<Result<DeregisterOutcome>> Operations::deregister_host(std::string host) {
    if (!paths::is_node_name(host)) co_return DeregisterOutcome::not_found;
    auto const path = paths::host(host);
    bool outcome_unknown = false;
    Error last;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        auto const node = co_await find(path);
        if (!node) co_return std::unexpected(node.error());
        if (!*node) {
            co_return outcome_unknown ? DeregisterOutcome::removed : DeregisterOutcome::not_found;
        }
        auto const remains = co_await read_remains(host);
        if (!remains) co_return std::unexpected(remains.error());
        auto const done = co_await store_.multi(deregister_host_ops(*remains));
        if (done) {
            // What it ran is of no use any more; what is left of it, a reaper finds.
            auto const forget = [&](std::string job) { return forget_history(job, host); };
            co_await concurrently(store::reads_at_once, remains->jobs, forget);
            co_return DeregisterOutcome::removed;
        }
        last = done.error().error;
        auto const failure = classify(last);
        if (failure == WriteFailure::hopeless) co_return std::unexpected(last);
        outcome_unknown = outcome_unknown || failure == WriteFailure::outcome_unknown;
    }
    co_return gave_up("removing host " + host, last);
}

} // namespace heliosd::master
