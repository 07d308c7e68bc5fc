// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/reconciler.h"

#include "base/async/within.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration pass_interval = 30s;
/// How long the first pass waits for the list of containers.
constexpr Duration inventory_limit = 2s;
/// Docker's own default, for containers of no known job.
constexpr std::chrono::seconds default_stop_time = 10s;

/// Keeps the supervisor alive for as long as its coroutine runs.
Async<void> supervise(std::shared_ptr<Supervisor> supervisor) {
    co_await supervisor->run();
}

/// The allocation that a status shows; nothing unless it has every port of the job.
std::optional<Ports> ports_from_status(model::Job const& job, model::TaskStatus const& status) {
    Ports ports;
    for (auto const& [name, mapping] : job.ports) {
        auto const shown = status.ports.find(name);
        if (shown == status.ports.end() || !shown->second.external_port) return std::nullopt;
        ports[name] = *shown->second.external_port;
    }
    return ports;
}

bool overlaps(Ports const& ports, std::set<int> const& used) {
    return std::ranges::any_of(ports, [&](auto const& port) { return used.contains(port.second); });
}

} // namespace

Reconciler::Reconciler(SupervisorServices& services, StatusWriter& statuses, Desired& desired,
                       PortAllocator& allocator, Executions executions, bool are_complete)
    : services_(services),
      statuses_(statuses),
      desired_(desired),
      allocator_(allocator),
      executions_(std::move(executions)),
      records_since_(are_complete ? std::optional(SteadyTime::min()) : std::nullopt),
      group_(services.executor,
             [this](std::string_view id, std::exception_ptr failure) {
                 supervisor_failed(id, std::move(failure));
             }),
      wake_(services.executor) {
}

void Reconciler::allow(bool allowed) {
    allowed_ = allowed;
    wake_.set();
}

Async<void> Reconciler::run() {
    for (;;) {
        while (!allowed_) co_await wake_.wait();
        co_await group_.scope(act());
        supervisors_.clear();
        failed_.clear();
        has_passed_ = false;
    }
}

Async<void> Reconciler::act() {
    // What runs already is adopted, so it has to be known before anything is decided. With the
    // daemon away there is nothing to adopt and nothing to start.
    auto learning = services_.inventory.learn();
    (void)co_await within(services_.clock, inventory_limit, std::move(learning));
    for (bool first = true; allowed_; first = false) {
        pass(first);
        (void)co_await wake_.wait_for(services_.clock, pass_interval);
    }
}

/// A fault of ours must not leave a task without anybody: the next pass makes a new supervisor.
void Reconciler::supervisor_failed(std::string_view id, std::exception_ptr failure) {
    TaskGroup::log_failure(id, std::move(failure));
    failed_.insert(std::string(id));
}

void Reconciler::pass(bool first) {
    for (auto const& id : failed_) supervisors_.erase(id);
    // As after a start: also those that are to be stopped are looked at again.
    first = first || !failed_.empty();
    failed_.clear();
    ReconcileInput input{.tasks = desired_.tasks(),
                         .unparsable = desired_.unparsable(),
                         .executions = executions_,
                         .first = first};
    for (auto const& [id, status] : statuses_.all()) input.reported[id] = status.state;
    for (auto const& [id, supervisor] : supervisors_)
        input.supervisors[id] = supervisor->has_stopped();
    auto const allocate = [this](model::Job const& job, std::set<int> const& used) {
        return find_ports(job, used);
    };
    auto plan = reconcile(input, allocate);

    for (auto const& [id, execution] : plan.executions)
        if (!executions_.contains(id))
            log::info("agent", "new task job={} goal={}", id, model::to_string(execution.goal));
    auto const before = std::exchange(executions_, std::move(plan.executions));
    if (plan.changed) services_.executions.touch();
    note_versions(before);
    report_missing_ports(plan);
    for (auto const& id : plan.release) {
        supervisors_.at(id)->retire();
        supervisors_.erase(id);
    }
    for (auto const& id : plan.create) {
        auto const* status = statuses_.find(id);
        auto recorded = status ? std::optional(*status) : std::nullopt;
        auto supervisor =
            std::make_shared<Supervisor>(services_, executions_.at(id), std::move(recorded),
                                         versions_.contains(id) ? versions_.at(id) : 0);
        group_.spawn(id, supervise(supervisor));
        supervisors_[id] = std::move(supervisor);
    }
    for (auto const& [id, goal] : plan.goals) supervisors_.at(id)->set_goal(goal);
    for (auto const& id : plan.forget) {
        statuses_.remove(id);
        log::info("agent", "task is gone job={}", id);
    }
    has_passed_ = true;
    if (!records_since_ && services_.inventory.is_known()) records_since_ = services_.clock.now();
}

/// A container is created when its job and its ports are on disk; a later change of the goal, or of
/// other executions, need not be.
void Reconciler::note_versions(Executions const& before) {
    for (auto const& [id, execution] : executions_) {
        auto const old = before.find(id);
        bool const is_same = old != before.end() && old->second.ports == execution.ports &&
                             old->second.job == execution.job;
        if (!is_same) versions_[id] = services_.executions.version();
    }
    std::erase_if(versions_, [&](auto const& entry) { return !executions_.contains(entry.first); });
}

std::optional<CleanupInput> Reconciler::cleanup_input() const {
    if (!allowed_ || !has_passed_) return std::nullopt;
    CleanupInput input{.now = services_.clock.now(),
                       .live = services_.inventory.rows(),
                       .are_tasks_known = desired_.is_synced() && desired_.tasks(),
                       .records_since = records_since_.value_or(SteadyTime::max())};
    for (auto const& job : desired_.unparsable()) input.jobs[job] = {};
    if (auto const& tasks = desired_.tasks())
        for (auto const& [job, task] : *tasks) input.jobs[job] = {};
    for (auto const& [job, execution] : executions_) input.jobs[job] = {.goal = execution.goal};
    for (auto const& [job, supervisor] : supervisors_) {
        auto& use = input.jobs[job];
        use.is_supervised = true;
        use.container = supervisor->container_id();
        use.is_running = supervisor->is_running();
    }
    for (auto const& [job, status] : statuses_.all())
        if (status.container_id) input.published.insert(*status.container_id);
    return input;
}

std::chrono::seconds Reconciler::stop_time(std::string const& job) const {
    auto const found = executions_.find(job);
    if (found == executions_.end()) return default_stop_time;
    return stop_settings(found->second.job).kill_after;
}

/// A task without ports has no supervisor to speak for it.
void Reconciler::report_missing_ports(Plan const& plan) {
    for (auto const& [id, reason] : plan.without_ports) {
        auto const& execution = executions_.at(id);
        model::TaskStatus status{.job = execution.job,
                                 .goal = execution.goal,
                                 .state = model::TaskState::failed,
                                 .ports = execution.job.ports,
                                 .env = task_env(services_.agent, execution.job, {}),
                                 .container_error = reason};
        auto const* shown = statuses_.find(id);
        if (shown && *shown == status) continue;
        log::warning("agent", "cannot start job={}, trying again within 30 s: {}", id, reason);
        services_.publish(std::move(status));
    }
}

/// The ports of an execution whose record was lost are those its container was made with.
Result<Ports> Reconciler::find_ports(model::Job const& job, std::set<int> const& used) {
    auto const id = job.id.to_string();
    bool const dynamic =
        std::ranges::any_of(job.ports, [](auto const& port) { return !port.second.external_port; });
    if (dynamic) {
        if (!services_.inventory.is_known())
            return fail(Errc::unavailable, "unable to allocate ports: docker does not answer, so "
                                           "it is not known which ones its containers hold");
        std::optional<Ports> ports;
        for (auto const state : {ContainerState::running, ContainerState::created})
            if (auto const* found = services_.inventory.find(id, state); found && !ports)
                ports = ports_from_labels(job, found->labels);
        auto const* status = statuses_.find(id);
        if (!ports && status) ports = ports_from_status(job, *status);
        if (ports && !overlaps(*ports, used)) return *ports;
    }
    return allocator_.allocate(job.ports, used);
}

} // namespace heliosd::agent
