// SPDX-License-Identifier: Apache-2.0
#include "sim/scheduler.h"

namespace heliosd::sim {

void Scheduler::at(SteadyTime when, std::function<void()> deed) {
    // On a grid, so that much shares an alarm; it also makes things happen at the same moment.
    constexpr Duration grid = std::chrono::microseconds{250};
    auto const since = when.time_since_epoch();
    when = SteadyTime((since + grid - Duration{1}) / grid * grid);
    due_.emplace(when, std::move(deed));
    set_alarm();
}

void Scheduler::set_alarm() {
    if (due_.empty()) return;
    auto const first = due_.begin()->first;
    if (!pending_.empty() && *pending_.begin() <= first) return;
    pending_.insert(first);
    alarms_.spawn("alarm", alarm(first));
}

Async<void> Scheduler::alarm(SteadyTime when) {
    co_await clock_.sleep_until(when);
    // What is due is done under the alarm: it keeps others from being set for this moment.
    while (!due_.empty() && due_.begin()->first <= clock_.now())
        due_.extract(due_.begin()).mapped()();
    pending_.erase(when);
    set_alarm();
}

Async<void> Scheduler::shut_down() {
    due_.clear();
    alarms_.cancel();
    co_await alarms_.drained();
}

} // namespace heliosd::sim
