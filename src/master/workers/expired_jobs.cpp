// SPDX-License-Identifier: Apache-2.0
#include "master/workers/expired_jobs.h"

#include "base/async/within.h"
#include "base/log.h"

namespace heliosd::master {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds interval = 30s;
/// Bounds what one job can delay the others.
constexpr Duration job_limit = 5min;
constexpr Duration refresh_limit = 2s;

} // namespace

std::vector<ExpiredJob> expired_jobs(ClusterView const& view, WallTime now) {
    std::vector<ExpiredJob> expired;
    for (auto const& [id, job] : view.jobs()) {
        if (!job->job.expires || *job->job.expires > now) continue;
        auto const& hosts = view.hosts_of(id);
        expired.push_back({job, {hosts.begin(), hosts.end()}});
    }
    return expired;
}

Async<Result<>> ExpiredJobs::end(ExpiredJob expired) {
    auto const& job = expired.job->job;
    auto const written = std::make_shared<WriteLog>();
    for (auto const& host : expired.hosts) {
        auto request = UndeployRequest{.host = host, .job = job.id, .token = job.token};
        CO_TRY(co_await writer_.undeploy(std::move(request), written));
    }
    auto const removed = CO_TRY(co_await writer_.remove_job(job.id, job.token, written));
    if (removed == RemoveJobOutcome::removed) {
        log::info("master", "removed an expired job job={:?} hosts={}", expired.job->id,
                  expired.hosts.size());
        for (auto& history : marked_histories(written->ops)) removals_.add(std::move(history));
    }
    co_await mirror_.refresh(paths_touched_by(written->ops), refresh_limit);
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
    // Spreads the passes of masters that started together.
    co_await clock_.sleep(std::chrono::seconds(rng_.below(interval.count())));
    for (;;) {
        co_await reap();
        co_await clock_.sleep(interval);
    }
}

} // namespace heliosd::master
