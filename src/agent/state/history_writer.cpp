// SPDX-License-Identifier: Apache-2.0
#include "agent/state/history_writer.h"

#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using store::StoreErrc;

constexpr std::size_t most_per_job = 30;
constexpr std::size_t most_in_all = 600;
constexpr std::size_t kept_in_tree = 30;
constexpr Duration drain_interval = 1s;
constexpr Duration retry_interval = 5s;
constexpr Duration file_linger = 200ms;
constexpr Duration store_limit = 60s;

/// Whether no other attempt can succeed either. A missing permission can be given
/// (spec/zookeeper.md §9.5), a document does not get smaller.
bool is_final(Error const& error) {
    return error.code == StoreErrc::too_large || error.code == StoreErrc::bad_path;
}

} // namespace

void HistoryQueue::load(History history) {
    events_ = std::move(history);
    size_ = 0;
    for (auto& [job, events] : events_) {
        std::ranges::sort(events, {}, &model::TaskStatusEvent::timestamp);
        size_ += events.size();
        if (!events.empty()) last_[job] = events.back().timestamp;
    }
    trim();
}

void HistoryQueue::add(model::TaskStatus status, std::string host, std::int64_t now) {
    auto const job = status.job.id.to_string();
    auto& last = last_[job];
    last = std::max(now, last + 1);
    events_[job].push_back({std::move(status), last, std::move(host)});
    ++size_;
    trim();
}

model::TaskStatusEvent const* HistoryQueue::oldest() const {
    model::TaskStatusEvent const* first = nullptr;
    for (auto const& [job, events] : events_)
        if (!events.empty() && (!first || events.front().timestamp < first->timestamp))
            first = &events.front();
    return first;
}

void HistoryQueue::remove(std::string const& job, std::int64_t timestamp) {
    auto const found = events_.find(job);
    if (found == events_.end()) return;
    size_ -= std::erase_if(found->second,
                           [&](auto const& event) { return event.timestamp == timestamp; });
    if (found->second.empty()) events_.erase(found);
}

void HistoryQueue::remove_job(std::string const& job) {
    auto const found = events_.find(job);
    if (found == events_.end()) return;
    size_ -= found->second.size();
    events_.erase(found);
    last_.erase(job);
}

void HistoryQueue::move_behind(std::string const& job, std::int64_t newest) {
    auto& last = last_[job];
    auto const found = events_.find(job);
    if (found != events_.end())
        for (auto& event : found->second)
            newest = event.timestamp = std::max(event.timestamp, newest + 1);
    last = std::max(last, newest);
}

void HistoryQueue::forget_jobs_without(HasTask const& has_task) {
    std::erase_if(last_, [&](auto const& entry) {
        return !events_.contains(entry.first) && !has_task(entry.first);
    });
}

void HistoryQueue::trim() {
    for (auto& [job, events] : events_)
        while (events.size() > most_per_job) {
            events.erase(events.begin());
            --size_;
        }
    while (size_ > most_in_all) {
        auto const& event = *oldest();
        auto const job = event.status.job.id.to_string();
        remove(job, event.timestamp);
    }
}

std::vector<std::string> surplus_events(std::set<std::int64_t> const& timestamps) {
    std::vector<std::string> names;
    auto surplus = timestamps.size() > kept_in_tree ? timestamps.size() - kept_in_tree : 0;
    for (auto it = timestamps.begin(); surplus > 0; ++it, --surplus)
        names.push_back(std::to_string(*it));
    return names;
}

HistoryWriter::HistoryWriter(StateFile::Services services, store::Store& store, std::string host,
                             std::string file, HasTask has_task)
    : clock_(services.clock),
      store_(store),
      host_(std::move(host)),
      has_task_(std::move(has_task)),
      file_(services, std::move(file), file_linger, [this] { return history_text(queue_.all()); }),
      wake_(services.executor) {
}

void HistoryWriter::load(History history) {
    queue_.load(std::move(history));
    wake_.set();
}

void HistoryWriter::add(model::TaskStatus status) {
    queue_.add(std::move(status), host_, clock_.wall().time_since_epoch().count());
    file_.touch();
    wake_.set();
}

void HistoryWriter::allow(bool allowed) {
    allowed_ = allowed;
    delivered_.clear();
    wake_.set();
}

Async<void> HistoryWriter::run() {
    for (;;) {
        if (!allowed_ || !queue_.oldest()) {
            co_await wake_.wait();
            continue;
        }
        co_await clock_.sleep(drain_interval);
        auto const outcome = co_await drain();
        file_.touch();
        forget_what_is_gone();
        if (outcome) {
            if (std::exchange(failing_, false)) log::info("agent", "history is written again");
            continue;
        }
        delivered_.clear();
        if (!std::exchange(failing_, true))
            log::warning("agent", "cannot write history, keeping it until that works: {}",
                         outcome.error().message);
        co_await clock_.sleep(retry_interval);
    }
}

Async<Result<>> HistoryWriter::drain() {
    while (allowed_) {
        auto const* oldest = queue_.oldest();
        if (!oldest) break;
        auto event = *oldest;
        auto const job = event.status.job.id.to_string();
        auto const timestamp = event.timestamp;
        auto delivery = deliver(std::move(event));
        auto const outcome = co_await within(clock_, store_limit, std::move(delivery));
        if (!outcome) {
            if (!is_final(outcome.error())) co_return outcome;
            log::warning("agent", "an event of job={} can never be written, dropping it: {}", job,
                         outcome.error().message);
        }
        queue_.remove(job, timestamp);
    }
    co_return Result<>{};
}

/// What was learnt of jobs must not pile up over the years.
void HistoryWriter::forget_what_is_gone() {
    queue_.forget_jobs_without(has_task_);
    std::erase_if(delivered_, [this](auto const& entry) {
        return !queue_.all().contains(entry.first) && !has_task_(entry.first);
    });
}

Async<Result<>> HistoryWriter::deliver(model::TaskStatusEvent event) {
    auto const job = event.status.job.id.to_string();
    if (!delivered_.contains(job)) {
        auto const wanted = CO_TRY(co_await prepare(job));
        if (!wanted) {
            queue_.remove_job(job);
            co_return Result<>{};
        }
    }
    // With a clock that was set back they would be the first to be pruned.
    auto const& there = delivered_[job];
    bool const is_outdated =
        !there.empty() && event.timestamp < *there.rbegin() && !there.contains(event.timestamp);
    if (is_outdated) {
        queue_.move_behind(job, *there.rbegin());
        co_return Result<>{};
    }
    auto const name = std::to_string(event.timestamp);
    auto const path = layout::history_event(job, host_, name);
    auto text = json::write(to_json(event.status, model::Mode::common));
    auto const mode = store::CreateMode::persistent;
    auto const created = co_await store_.create(path, std::move(text), mode);
    // There already: delivered by a process that died before it could say so.
    if (!created && created.error().code != StoreErrc::exists) co_return created;
    delivered_[job].insert(event.timestamp);
    auto const surplus = surplus_events(delivered_[job]);
    for (auto const& old : surplus) {
        auto const removed = co_await store_.remove(layout::history_event(job, host_, old));
        if (!removed && removed.error().code != StoreErrc::not_found)
            log::info("agent", "cannot remove an old event of job={}: {}", job,
                      removed.error().message);
        std::int64_t timestamp = 0;
        std::from_chars(old.data(), old.data() + old.size(), timestamp);
        delivered_[job].erase(timestamp);
    }
    co_return Result<>{};
}

/// Makes the place for the events of `job` and lists what is there. False when the job does not
/// exist any more: history without a job would never be removed.
Async<Result<bool>> HistoryWriter::prepare(std::string job) {
    auto const exists = CO_TRY(co_await store_.exists(layout::job(job)));
    if (!exists) co_return false;
    auto const place = layout::history_events(job, host_);
    CO_TRY(co_await store::ensure_path(store_, place));
    auto const names = CO_TRY(co_await store_.children(place));
    auto& timestamps = delivered_[job];
    for (auto const& name : names) {
        std::int64_t timestamp = 0;
        auto const* const end = name.data() + name.size();
        auto const [stop, failed] = std::from_chars(name.data(), end, timestamp);
        if (failed == std::errc{} && stop == end) timestamps.insert(timestamp);
    }
    co_return true;
}

} // namespace heliosd::agent
