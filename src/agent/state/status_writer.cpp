// SPDX-License-Identifier: Apache-2.0
#include "agent/state/status_writer.h"

#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using store::StoreErrc;

constexpr Duration store_limit = 60s;
constexpr Duration compare_interval = 5min;
/// Statuses are collected this long before the file is written: a start produces four of them, and
/// the fsyncs would compete with those of dockerd. After a crash the inventory finds the container.
constexpr Duration file_linger = 200ms;
constexpr std::size_t multi_bytes = 256 * 1024;

Async<Result<>> multi(store::Store& store, std::vector<store::Op> ops) {
    auto const outcome = co_await store.multi(std::move(ops));
    co_return as_result(outcome);
}

} // namespace

std::vector<store::Op> next_writes(std::string const& jobs_path, Documents const& local,
                                   Documents const& remote, std::set<std::string>& changed,
                                   std::size_t limit) {
    std::vector<store::Op> ops;
    std::size_t bytes = 0;
    while (!changed.empty() && bytes < limit) {
        auto const job = changed.extract(changed.begin()).value();
        auto const here = local.find(job);
        auto const there = remote.find(job);
        auto const path = store::join(jobs_path, job);
        bytes += path.size() + (here == local.end() ? 0 : here->second.size());
        if (here == local.end()) {
            if (there != remote.end()) ops.push_back(store::Remove{path});
        } else if (there == remote.end()) {
            ops.push_back(store::Create{path, here->second});
        } else if (there->second != here->second) {
            ops.push_back(store::Set{path, here->second});
        }
    }
    return ops;
}

StatusWriter::StatusWriter(StateFile::Services services, store::Store& store, std::string host,
                           std::string file)
    : clock_(services.clock),
      store_(store),
      jobs_path_(layout::status_jobs(host)),
      file_(services, std::move(file), file_linger, [this] { return statuses_text(local_); }),
      backoff_(services.rng),
      wake_(services.executor) {
}

void StatusWriter::load(Statuses statuses) {
    statuses_ = std::move(statuses);
    for (auto const& [job, status] : statuses_)
        local_[job] = json::write(to_json(status, model::Mode::common));
}

model::TaskStatus const* StatusWriter::find(std::string const& job) const {
    auto const found = statuses_.find(job);
    return found == statuses_.end() ? nullptr : &found->second;
}

void StatusWriter::put(model::TaskStatus status) {
    auto job = status.job.id.to_string();
    local_[job] = json::write(to_json(status, model::Mode::common));
    statuses_.insert_or_assign(job, std::move(status));
    file_.touch();
    changed_.insert(std::move(job));
    wake_.set();
}

void StatusWriter::remove(std::string const& job) {
    if (local_.erase(job) == 0) return;
    statuses_.erase(job);
    file_.touch();
    changed_.insert(job);
    wake_.set();
}

void StatusWriter::allow(bool allowed) {
    allowed_ = allowed;
    remote_.reset();
    ++epoch_;
    wake_.set();
}

Async<void> StatusWriter::run() {
    auto compared_at = clock_.now();
    for (;;) {
        bool const due = clock_.now() - compared_at >= compare_interval;
        if (due) remote_.reset();
        if (!allowed_ || (remote_ && changed_.empty())) {
            (void)co_await wake_.wait_for(clock_, compare_interval);
            continue;
        }
        if (!remote_) compared_at = clock_.now();
        auto step = remote_ ? replicate() : compare();
        auto const outcome = co_await within(clock_, store_limit, std::move(step));
        if (outcome) {
            backoff_.reset();
            continue;
        }
        remote_.reset();
        bool const parent_missing = outcome.error().code == StoreErrc::not_found;
        auto const pause = backoff_.next();
        log::warning("agent", "cannot write statuses, comparing them again in {} ms: {}",
                     std::chrono::duration_cast<std::chrono::milliseconds>(pause).count(),
                     outcome.error().message);
        if (parent_missing && on_parent_missing_) on_parent_missing_();
        // A new registration is a reason to retry at once.
        auto const epoch = epoch_;
        auto const until = clock_.now() + pause;
        while (epoch == epoch_ && clock_.now() < until)
            (void)co_await wake_.wait_for(clock_, until - clock_.now());
    }
}

/// Writes the jobs that have changed since the last write.
Async<Result<>> StatusWriter::replicate() {
    auto const epoch = epoch_;
    auto covered = changed_;
    auto ops = next_writes(jobs_path_, local_, *remote_, changed_, multi_bytes);
    for (auto const& job : changed_) covered.erase(job);
    Documents written;
    for (auto const& job : covered)
        if (auto const here = local_.find(job); here != local_.end()) written.insert(*here);
    if (ops.empty()) co_return Result<>{};
    auto const outcome = co_await multi(store_, std::move(ops));
    if (!outcome || epoch != epoch_) co_return outcome;
    for (auto const& job : covered) {
        auto const document = written.find(job);
        if (document == written.end())
            remote_->erase(job);
        else
            remote_->insert_or_assign(job, std::move(document->second));
    }
    co_return outcome;
}

/// Reads the whole copy; every job that differs counts as changed.
Async<Result<>> StatusWriter::compare() {
    auto const epoch = epoch_;
    auto const parent = CO_TRY(co_await store_.exists(jobs_path_));
    if (!parent) co_return fail(StoreErrc::not_found, "parent does not exist: " + jobs_path_);
    auto const names = CO_TRY(co_await store_.children(jobs_path_));
    Documents found;
    for (auto const& name : names) {
        auto const node = co_await store_.get(store::join(jobs_path_, name));
        if (node)
            found[name] = node->data;
        else if (node.error().code != StoreErrc::not_found)
            co_return std::unexpected(node.error());
    }
    if (epoch != epoch_) co_return Result<>{};
    for (auto const& [job, document] : found) {
        auto const here = local_.find(job);
        if (here == local_.end() || here->second != document) changed_.insert(job);
    }
    for (auto const& [job, document] : local_)
        if (!found.contains(job)) changed_.insert(job);
    remote_ = std::move(found);
    co_return Result<>{};
}

} // namespace heliosd::agent
