// SPDX-License-Identifier: Apache-2.0
#include "agent/desired.h"

#include "base/log.h"
#include "base/within.h"
#include "store/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

/// The tree has the same and is read again at the next start, so there is no hurry.
constexpr Duration file_linger = 300ms;
constexpr Duration store_limit = 60s;

Result<model::Task> parse_task(std::string_view job, std::string const& data) {
    auto const value = json::parse(data);
    if (!value) return std::unexpected(value.error());
    auto task = model::task_from_json(*value);
    if (!task) return task;
    if (task->job.id.to_string() != job)
        return fail(Errc::invalid, "it holds job " + task->job.id.to_string());
    return task;
}

/// The root asks for its children, each of those for its data; markers below tasks are not asked.
store::Scope scope_of(std::string root) {
    return [root = std::move(root)](std::string_view path) {
        return path == root ? store::Interest{.children = true} : store::Interest{.data = true};
    };
}

} // namespace

void apply_batch(DesiredPicture& picture, std::string const& jobs_path, store::Batch const& batch) {
    picture.unreadable.clear();
    for (auto const& change : batch.changes)
        if (change.path == jobs_path) picture.host_exists = change.node.has_value();
    if (!picture.host_exists) return;

    auto tasks = picture.tasks.value_or(Tasks{});
    std::set<std::string> seen;
    for (auto const& change : batch.changes) {
        auto const below = store::paths::below(jobs_path, change.path);
        if (!below || !below->rest.empty()) continue;
        std::string const job(below->name);
        if (!change.node) {
            tasks.erase(job);
            picture.unclear.erase(job);
            continue;
        }
        seen.insert(job);
        auto task = parse_task(job, change.node->data);
        if (task) {
            tasks.insert_or_assign(job, std::move(*task));
            picture.unclear.erase(job);
            continue;
        }
        if (!tasks.contains(job)) picture.unclear.insert(job);
        picture.unreadable.push_back(fmt::format("job={}: {}", job, task.error().message));
    }
    // A snapshot is the complete picture: what is not in it has been removed meanwhile.
    if (batch.snapshot) {
        std::erase_if(tasks, [&](auto const& task) { return !seen.contains(task.first); });
        std::erase_if(picture.unclear, [&](auto const& job) { return !seen.contains(job); });
    }
    picture.tasks = std::move(tasks);
}

Desired::Desired(StateFile::Services services, store::Store& store, std::string host,
                 std::string file)
    : store_(store),
      clock_(services.clock),
      jobs_path_(store::paths::host_jobs(host)),
      file_(services, std::move(file), file_linger,
            [this] { return tasks_text(picture_.tasks.value_or(Tasks{}), jobs_path_); }),
      allowed_changed_(services.executor) {
}

void Desired::allow(bool allowed) {
    allowed_ = allowed;
    allowed_changed_.set();
}

Async<void> Desired::run() {
    auto const follower = store_.follow(jobs_path_, scope_of(jobs_path_));
    for (;;) {
        auto batch = co_await follower->next();
        if (!batch) {
            log::error("agent", "cannot follow {}, keeping the tasks there are: {}", jobs_path_,
                       batch.error().message);
            co_await clock_.sleep(30s);
            co_return;
        }
        // What stands below a name that is not ours concerns somebody else.
        while (!allowed_) co_await allowed_changed_.wait();
        auto const taken = co_await take_in(std::move(*batch));
        if (taken) continue;
        // The next follower begins with the whole picture.
        log::warning("agent", "cannot read the desired tasks, keeping those there are: {}",
                     taken.error().message);
        co_return;
    }
}

Async<Result<>> Desired::take_in(store::Batch batch) {
    auto next = picture_;
    apply_batch(next, jobs_path_, batch);
    for (auto const& problem : next.unreadable)
        log::error("agent", "cannot read a desired task, going on with what it said before: {}",
                   problem);
    // A host that was gone and is back: what went with it is in no batch.
    if (next.host_exists && !picture_.host_exists && !batch.snapshot && next.tasks) {
        auto const names = co_await list();
        if (!names) co_return std::unexpected(names.error());
        auto const is_gone = [&](std::string const& job) {
            return std::ranges::find(*names, job) == names->end();
        };
        std::erase_if(*next.tasks, [&](auto const& task) { return is_gone(task.first); });
        std::erase_if(next.unclear, is_gone);
    }
    bool const emptied =
        next.tasks && next.tasks->empty() && picture_.tasks && !picture_.tasks->empty();
    auto const is_new = co_await is_host_new(emptied);
    if (!is_new) co_return std::unexpected(is_new.error());
    if (emptied && *is_new) {
        auto const known = co_await is_any_job_known(*picture_.tasks);
        if (!known) co_return std::unexpected(known.error());
        if (!*known) {
            log::error("agent",
                       "the cluster knows neither this host nor any of its {} jobs: its data seem "
                       "to be lost. The containers go on; deploy the jobs again, or remove the "
                       "containers with docker",
                       picture_.tasks->size());
            next.tasks = picture_.tasks;
        }
    }
    bool const changed = next.tasks != picture_.tasks || next.unclear != picture_.unclear;
    bool const first = next.host_exists && !std::exchange(synced_, next.host_exists);
    picture_ = std::move(next);
    if (changed) file_.touch();
    if ((first || changed) && on_change_) on_change_();
    co_return Result<>{};
}

/// Whether nobody can have emptied the list: there never was anything on it. An earlier process may
/// have made it, or an operator, after the cluster lost its data.
Async<Result<bool>> Desired::is_host_new(bool emptied) {
    if (!emptied) co_return false;
    auto call = store_.exists(jobs_path_);
    auto const stat = co_await within(clock_, store_limit, std::move(call));
    if (!stat) co_return std::unexpected(stat.error());
    co_return !*stat || (*stat)->cversion == 0;
}

Async<Result<std::vector<std::string>>> Desired::list() {
    auto call = store_.children(jobs_path_);
    co_return co_await within(clock_, store_limit, std::move(call));
}

Async<Result<bool>> Desired::is_any_job_known(Tasks tasks) {
    for (auto const& [job, task] : tasks) {
        auto call = store_.exists(store::paths::job(job));
        auto const stat = co_await within(clock_, store_limit, std::move(call));
        if (!stat) co_return std::unexpected(stat.error());
        if (*stat) co_return true;
    }
    co_return false;
}

} // namespace heliosd::agent
