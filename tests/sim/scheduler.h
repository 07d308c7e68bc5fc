// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/task_group.h"

#include <functional>
#include <map>
#include <set>

namespace heliosd::sim {

/// Calls plain functions at virtual times; those of one moment in the order they were given. What
/// is not a task of the product (the network, ZooKeeper's servers, faults) happens here. Whoever
/// is gone when its function is due must have said so in something the function shares.
class Scheduler {
public:
    Scheduler(Executor executor, Clock& clock) : clock_(clock), alarms_(executor) {}

    SteadyTime now() const { return clock_.now(); }
    void at(SteadyTime when, std::function<void()> deed);
    void after(Duration delay, std::function<void()> deed) { at(now() + delay, std::move(deed)); }

    /// Forgets what is still to come.
    Async<void> shut_down();

private:
    void set_alarm();
    Async<void> alarm(SteadyTime when);

    Clock& clock_;
    std::multimap<SteadyTime, std::function<void()>> due_;
    /// Sleepers. To wake one early would cost an exception, so one more is sent to sleep instead.
    std::set<SteadyTime> pending_;
    TaskGroup alarms_;
};

} // namespace heliosd::sim
