// SPDX-License-Identifier: Apache-2.0
#include "master/workers/expired_jobs.h"

#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

namespace heliosd::master {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds interval = 30s;
/// One job must not keep the others waiting for ever.
constexpr Duration job_limit = 5min;

} // namespace

std::vector<ExpiredJob> expired_jobs(ClusterView const& picture, WallTime now) {
    std::vector<ExpiredJob> expired;
    for (auto const& [id, job] : picture.jobs()) {
        if (!job->job.expires || *job->job.expires > now) continue;
        auto const& hosts = picture.hosts_of(id);
        expired.push_back({job, {hosts.begin(), hosts.end()}});
    }
    return expired;
}

Async<Result<>> ExpiredJobs::end(ExpiredJob expired) {
    auto const& job = expired.job->job;
    std::vector<std::string> touched{layout::job(expired.job->id)};
    for (auto const& host : expired.hosts) {
        auto const undeployed =
            co_await operations_.undeploy({.host = host, .job = job.id, .token = job.token});
        if (!undeployed) co_return std::unexpected(undeployed.error());
        touched.push_back(layout::host_job(host, expired.job->id));
    }
    auto const removed = co_await operations_.remove_job(job.id, job.token);
    if (!removed) co_return std::unexpected(removed.error());
    if (*removed == RemoveJobOutcome::removed) {
        log::info("master", "removed an expired job job={:?} hosts={}", expired.job->id,
                  expired.hosts.size());
        auto const forgotten = co_await operations_.remove_history(expired.job->id);
        if (!forgotten) log::debug("master", "{}", forgotten.error().message);
    }
    co_await mirror_.refresh(std::move(touched));
    co_return Result<>{};
}

Async<void> ExpiredJobs::reap() {
    auto const expired = expired_jobs(mirror_.view(), clock_.wall());
    for (auto const& one : expired) {
        auto work = end(one);
        auto const ended = co_await within(clock_, job_limit, std::move(work));
        if (!ended)
            log::warning("master", "could not end the expired job {:?}, trying again in {} s: {}",
                         one.job->id, interval.count(), ended.error().message);
    }
}

Async<void> ExpiredJobs::run() {
    // Masters that start together do not all come at the same moment.
    co_await clock_.sleep(std::chrono::seconds(rng_.below(interval.count())));
    for (;;) {
        co_await reap();
        co_await clock_.sleep(interval);
    }
}

} // namespace heliosd::master
