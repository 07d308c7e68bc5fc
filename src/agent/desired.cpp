// SPDX-License-Identifier: Apache-2.0
#include "agent/desired.h"

#include "base/log.h"
#include "store/paths.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

/// The tree has the same and is read again at the next start, so there is no hurry.
constexpr Duration file_linger = 300ms;

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
            continue;
        }
        seen.insert(job);
        auto task = parse_task(job, change.node->data);
        if (task)
            tasks.insert_or_assign(job, std::move(*task));
        else
            picture.unreadable.push_back(fmt::format("job={}: {}", job, task.error().message));
    }
    // A snapshot is the complete picture: what is not in it has been removed meanwhile.
    if (batch.snapshot)
        std::erase_if(tasks, [&](auto const& task) { return !seen.contains(task.first); });
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
        auto const batch = co_await follower->next();
        if (!batch) {
            log::error("agent", "cannot follow {}, keeping the tasks there are: {}", jobs_path_,
                       batch.error().message);
            co_await clock_.sleep(30s);
            co_return;
        }
        // What stands below a name that is not ours concerns somebody else.
        while (!allowed_) co_await allowed_changed_.wait();
        auto const before = picture_.tasks;
        apply_batch(picture_, jobs_path_, *batch);
        for (auto const& problem : picture_.unreadable)
            log::error("agent", "cannot read a desired task, going on with what it said before: {}",
                       problem);
        bool const first = picture_.host_exists && !std::exchange(synced_, picture_.host_exists);
        if (picture_.tasks != before && picture_.tasks) file_.touch();
        if (first || picture_.tasks != before)
            if (on_change_) on_change_();
    }
}

} // namespace heliosd::agent
