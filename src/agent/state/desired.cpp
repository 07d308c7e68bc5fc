// SPDX-License-Identifier: Apache-2.0
#include "agent/state/desired.h"

#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

/// The tree holds the same data and is read again at the next start, so writes may be delayed.
constexpr Duration file_linger = 300ms;
constexpr Duration store_limit = 60s;

Result<model::Task> parse_task(std::string_view job, std::string const& data) {
    auto const value = TRY(json::parse(data));
    auto task = TRY(model::task_from_json(value));
    if (task.job.id.to_string() != job)
        return fail(Errc::invalid, "it holds job " + task.job.id.to_string());
    return task;
}

NodeIdentity identity_of(store::Stat const& stat) {
    return {.czxid = stat.czxid, .ctime = stat.ctime};
}

/// Jobs that were desired before, according to any record, and are not desired now.
std::set<std::string> missing_tasks(DesiredState const& before, DesiredState const& now) {
    std::set<std::string> missing;
    if (!now.tasks) return missing;
    auto const note = [&](std::string const& job) {
        if (!now.tasks->contains(job) && !now.unparsable.contains(job)) missing.insert(job);
    };
    for (auto const& [job, task] : before.tasks.value_or(Tasks{})) note(job);
    for (auto const& [job, czxid] : before.own.listed) note(job);
    for (auto const& job : before.unparsable) note(job);
    return missing;
}

/// Removes tasks that are neither in `list` nor orphans.
void forget_others(DesiredState& state, std::set<std::string> const& list) {
    auto const is_gone = [&](std::string const& job) {
        return !list.contains(job) && !state.own.orphans.contains(job);
    };
    std::erase_if(*state.tasks, [&](auto const& task) { return is_gone(task.first); });
    std::erase_if(state.unparsable, is_gone);
    std::erase_if(state.own.listed, [&](auto const& job) { return !list.contains(job.first); });
}

/// Keeps tasks that the cluster lost as they were `before`, also over restarts, until they are
/// deployed again. A task of which only the name is known keeps its execution's goal.
void keep_orphans(DesiredState& now, DesiredState const& before,
                  std::set<std::string> const& lost) {
    for (auto const& job : lost) {
        bool const is_known = before.tasks && before.tasks->contains(job);
        if (is_known)
            now.tasks->insert_or_assign(job, before.tasks->at(job));
        else
            now.unparsable.insert(job);
    }
    now.own.orphans.insert(lost.begin(), lost.end());
    log::error(
        "agent",
        "the cluster has lost {} of this host's tasks: its data were emptied, or set back to "
        "a backup. Their containers go on. Deploy the jobs again to keep them; to end one, "
        "undeploy it after that: {}",
        lost.size(), fmt::join(lost, " "));
}

/// Watches the children of the root and the data of each child, not the markers below tasks.
store::Scope scope_of(std::string root) {
    return [root = std::move(root)](std::string_view path) {
        return path == root ? store::Interest{.children = true} : store::Interest{.data = true};
    };
}

} // namespace

void apply_batch(DesiredState& state, std::string const& jobs_path, store::Batch const& batch) {
    state.parse_errors.clear();
    for (auto const& change : batch.changes) {
        if (change.path != jobs_path) continue;
        state.host_exists = change.node.has_value();
        if (change.node) state.own.list = identity_of(change.node->stat);
    }
    if (!state.host_exists) return;

    auto tasks = state.tasks.value_or(Tasks{});
    auto& [list, listed, orphans] = state.own;
    std::set<std::string> seen;
    for (auto const& change : batch.changes) {
        auto const below = store::below(jobs_path, change.path);
        if (!below || !below->rest.empty()) continue;
        std::string const job(below->name);
        if (!change.node) {
            tasks.erase(job);
            state.unparsable.erase(job);
            listed.erase(job);
            continue;
        }
        seen.insert(job);
        orphans.erase(job);
        listed[job] = change.node->stat.czxid;
        auto task = parse_task(job, change.node->data);
        if (task) {
            tasks.insert_or_assign(job, std::move(*task));
            state.unparsable.erase(job);
            continue;
        }
        if (!tasks.contains(job)) state.unparsable.insert(job);
        state.parse_errors.push_back(fmt::format("job={}: {}", job, task.error().message));
    }
    // A snapshot is complete: a task that is not in it has been removed.
    state.tasks = std::move(tasks);
    if (batch.snapshot) forget_others(state, seen);
}

Absence decide_absence(OwnState const& known, std::string const& job,
                       std::optional<store::Stat> const& now, bool any_job_known) {
    auto const listed = known.listed.find(job);
    // Removing a task and recreating the parent both raise the parent's pzxid.
    if (now && listed != known.listed.end() && now->pzxid < listed->second) return Absence::lost;
    // Without a recorded parent: one with cversion 0 never had children.
    bool const is_another =
        !now || (known.list ? *known.list != identity_of(*now) : now->cversion == 0);
    return is_another && !any_job_known ? Absence::lost : Absence::undeployed;
}

Desired::Desired(StateFile::Services services, store::Store& store, std::string host,
                 std::string file, std::string own_file)
    : store_(store),
      clock_(services.clock),
      jobs_path_(layout::host_jobs(host)),
      file_(services, std::move(file), file_linger,
            [this] { return tasks_text(view_.tasks.value_or(Tasks{}), jobs_path_); }),
      own_file_(services, std::move(own_file), file_linger,
                [this] { return own_state_text(view_.own); }),
      allowed_changed_(services.executor) {
}

void Desired::load(std::optional<Tasks> snapshot, OwnState own) {
    view_.tasks = std::move(snapshot);
    view_.own = std::move(own);
    auto const& orphans = view_.own.orphans;
    // An orphan without a snapshot keeps its execution's goal.
    for (auto const& job : orphans)
        if (!view_.tasks || !view_.tasks->contains(job)) view_.unparsable.insert(job);
    if (!orphans.empty())
        log::warning("agent",
                     "{} jobs go on though the cluster, which lost its data, does not list them. "
                     "Deploy them again to keep them; to end one, undeploy it after that: {}",
                     orphans.size(), fmt::join(orphans, " "));
}

void Desired::allow(bool allowed) {
    allowed_ = allowed;
    allowed_changed_.set();
}

Async<void> Desired::run() {
    auto follower = store_.follow(jobs_path_, scope_of(jobs_path_));
    for (;;) {
        auto batch = co_await follower->next();
        if (!batch) {
            log::error("agent", "cannot follow {}, keeping the tasks there are: {}", jobs_path_,
                       batch.error().message);
            co_await clock_.sleep(30s);
            co_return;
        }
        // Tasks below a name that is not ours belong to another agent. What was read then may be
        // outdated when the name is ours: the next follower begins with a snapshot.
        if (!allowed_) {
            while (!allowed_) co_await allowed_changed_.wait();
            follower = store_.follow(jobs_path_, scope_of(jobs_path_));
            continue;
        }
        auto const taken = co_await apply(std::move(*batch));
        if (taken) continue;
        // The next follower begins with a snapshot.
        log::warning("agent", "cannot read the desired tasks, keeping those there are: {}",
                     taken.error().message);
        co_return;
    }
}

Async<Result<>> Desired::apply(store::Batch batch) {
    auto next = view_;
    apply_batch(next, jobs_path_, batch);
    for (auto const& problem : next.parse_errors)
        log::error("agent", "cannot read a desired task, going on with what it said before: {}",
                   problem);
    // No batch reports the tasks that were removed together with the host.
    if (next.host_exists && !view_.host_exists && !batch.snapshot && next.tasks) {
        auto const names = CO_TRY(co_await list());
        forget_others(next, {names.begin(), names.end()});
    }
    auto missing = missing_tasks(view_, next);
    if (!missing.empty()) {
        auto const list_now = CO_TRY(co_await exists(jobs_path_));
        auto const known = CO_TRY(co_await is_any_job_known(missing));
        std::erase_if(missing, [&](auto const& job) {
            return decide_absence(view_.own, job, list_now, known) != Absence::lost;
        });
        if (!missing.empty()) keep_orphans(next, view_, missing);
    }
    bool const changed = next.tasks != view_.tasks || next.unparsable != view_.unparsable;
    bool const first = next.host_exists && !std::exchange(synced_, next.host_exists);
    if (next.own != view_.own) own_file_.touch();
    view_ = std::move(next);
    if (changed) file_.touch();
    if ((first || changed) && on_change_) on_change_();
    co_return Result<>{};
}

Async<Result<std::vector<std::string>>> Desired::list() {
    auto call = store_.children(jobs_path_);
    co_return co_await within(clock_, store_limit, std::move(call));
}

Async<Result<std::optional<store::Stat>>> Desired::exists(std::string path) {
    auto call = store_.exists(std::move(path));
    co_return co_await within(clock_, store_limit, std::move(call));
}

Async<Result<bool>> Desired::is_any_job_known(std::set<std::string> jobs) {
    for (auto const& job : jobs) {
        auto const stat = CO_TRY(co_await exists(layout::job(job)));
        if (stat) co_return true;
    }
    co_return false;
}

} // namespace heliosd::agent
