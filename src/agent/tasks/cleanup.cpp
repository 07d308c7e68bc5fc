// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/cleanup.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Goal;

/// A container that no supervisor knows may be one that is being created or adopted.
constexpr Duration unused_created = 60s;
constexpr Duration unowned_running = 10s;

/// Why a running container is not needed; null when it is, or when that is not known.
char const* reason_to_stop(ContainerRow const& row, CleanupInput const& input) {
    auto const found = input.jobs.find(row.job);
    if (found == input.jobs.end()) {
        // Without complete records it may be a task that both sides have forgotten, which is no
        // reason to stop it.
        bool const is_known_unowned = input.are_tasks_known && row.since > input.records_since &&
                                      input.now - row.since >= unowned_running;
        return is_known_unowned ? "no task of this host wants it" : nullptr;
    }
    auto const& use = found->second;
    if (use.container == row.id && use.is_supervised) return nullptr;
    if (use.goal != Goal::start) return "its job is to be stopped";
    return use.is_supervised && use.is_running ? "another container of its job runs" : nullptr;
}

bool is_unused(ContainerRow const& row, CleanupInput const& input) {
    if (input.now - row.since < unused_created) return false;
    auto const found = input.jobs.find(row.job);
    if (found == input.jobs.end()) return true;
    auto const& use = found->second;
    // An attempt that is under way may have made it.
    bool const is_settled = use.goal != Goal::start || use.is_running;
    return is_settled && use.container != row.id;
}

/// The containers of one job; of jobs that are not known, those with the same name before the last
/// underscore.
std::string group_of(ContainerRow const& row) {
    return row.job.empty() ? row.name.substr(0, row.name.rfind('_')) : row.job;
}

} // namespace

CleanupPlan plan_cleanup(CleanupInput const& input) {
    CleanupPlan plan;
    for (auto const& row : input.live) {
        if (row.state == ContainerState::created) {
            if (is_unused(row, input)) plan.remove.push_back(row.id);
        } else if (auto const* why = reason_to_stop(row, input)) {
            plan.stop.push_back({row.id, row.job, why});
        }
    }
    std::set<std::string> has_last;
    for (auto const& row : input.ended) {
        if (has_last.insert(group_of(row)).second) continue;
        auto const found = input.jobs.find(row.job);
        bool const is_in_use = input.published.contains(row.id) ||
                               (found != input.jobs.end() && found->second.container == row.id);
        if (!is_in_use) plan.remove.push_back(row.id);
    }
    return plan;
}

} // namespace heliosd::agent
