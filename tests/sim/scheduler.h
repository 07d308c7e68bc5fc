// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/clock.h"

#include <functional>
#include <map>

namespace heliosd::sim {

/// Calls plain functions at virtual times; those of one moment in the order they were given. What
/// is not a task of the product (the network, ZooKeeper's servers, faults) happens here. Whoever
/// is gone when its function is due must have said so in something the function shares.
class Scheduler {
public:
    Scheduler(Executor executor, Clock& clock) : clock_(clock), earlier_(executor) {}

    SteadyTime now() const { return clock_.now(); }
    void at(SteadyTime when, std::function<void()> deed);
    void after(Duration delay, std::function<void()> deed) { at(now() + delay, std::move(deed)); }

    /// Works until cancelled.
    Async<void> run();

private:
    Clock& clock_;
    std::multimap<SteadyTime, std::function<void()>> due_;
    AutoResetEvent earlier_;
    SteadyTime waiting_for_ = SteadyTime::max();
};

} // namespace heliosd::sim
