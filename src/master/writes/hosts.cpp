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

Async<Result<RegisterOutcome>> ClusterWriter::register_host(std::string host, std::string id,
                                                            WriteLogPtr log) {
    auto const id_path = layout::host_id(host);
    auto const skeleton = host_skeleton(host);
    // Another master may have removed or registered the host on a server that is ahead of ours.
    CO_TRY(co_await store_.sync(id_path));
    auto known = CO_TRY(co_await get_if_exists(id_path));
    Error last;
    for (int attempt = 0; attempt < max_attempts && !known; ++attempt) {
        std::vector<std::string> missing;
        for (auto const& path : skeleton) {
            auto const there = CO_TRY(co_await is_there(path));
            if (!there) missing.push_back(path);
        }
        auto const done = co_await send(register_host_ops(host, id, missing), log);
        if (done) co_return RegisterOutcome::registered;
        last = done.error().error;
        auto const read = [&] { return get_if_exists(id_path); };
        known = CO_TRY(co_await read_after<std::optional<store::Node>>(last, id_path, read));
    }
    if (known)
        co_return known->data == id ? RegisterOutcome::registered : RegisterOutcome::other_id;
    co_return gave_up("registering host " + host, last);
}

Async<Result<std::vector<std::string>>> ClusterWriter::existing(std::vector<std::string> paths) {
    auto const ask = [this](std::string path) { return store_.exists(std::move(path)); };
    auto const stats = CO_TRY(co_await concurrently(store::reads_at_once, paths, ask));
    std::vector<std::string> there;
    for (std::size_t i = 0; i < paths.size(); ++i)
        if (stats[i]) there.push_back(std::move(paths[i]));
    co_return there;
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
    std::vector<std::string> reverse, histories;
    for (auto const& job : remains.jobs) {
        reverse.push_back(layout::job_host(job, host));
        histories.push_back(layout::history_host(job, host));
    }
    remains.job_hosts = CO_TRY(co_await existing(std::move(reverse)));
    remains.histories = CO_TRY(co_await existing(std::move(histories)));
    remains.status = CO_TRY(co_await store::list_tree(store_, layout::status_host(host)));
    co_return remains;
}

Async<Result<DeregisterOutcome>> ClusterWriter::deregister_host(std::string host, WriteLogPtr log) {
    if (!store::is_node_name(host)) co_return DeregisterOutcome::not_found;
    auto const path = layout::host(host);
    bool outcome_unknown = false;
    auto known = CO_TRY(co_await find(path));
    Error last;
    auto const czxid = known ? known->stat.czxid : 0;
    for (int attempt = 0; attempt < max_attempts && known; ++attempt) {
        auto const remains = CO_TRY(co_await read_remains(host));
        // Removed by another master since it was read. An empty multi would succeed.
        if (remains.config.empty()) {
            known.reset();
            break;
        }
        auto const done = co_await send(deregister_host_ops(remains), log);
        if (done) co_return DeregisterOutcome::removed;
        last = done.error().error;
        if (classify(last) == WriteFailure::outcome_unknown) outcome_unknown = true;
        auto const read = [&] { return get_if_exists(path); };
        known = CO_TRY(co_await read_after<std::optional<store::Node>>(last, path, read));
        // What was registered since is not removed with it.
        if (outcome_unknown && known && known->stat.czxid != czxid) known.reset();
    }
    if (!known)
        co_return outcome_unknown ? DeregisterOutcome::removed : DeregisterOutcome::not_found;
    co_return gave_up("removing host " + host, last);
}

} // namespace heliosd::master
