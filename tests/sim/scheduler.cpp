// SPDX-License-Identifier: Apache-2.0
#include "sim/scheduler.h"

namespace heliosd::sim {

void Scheduler::at(SteadyTime when, std::function<void()> deed) {
    due_.emplace(when, std::move(deed));
    if (when < waiting_for_) earlier_.set();
}

Async<void> Scheduler::run() {
    for (;;) {
        while (!due_.empty() && due_.begin()->first <= clock_.now())
            due_.extract(due_.begin()).mapped()();
        if (due_.empty()) {
            co_await earlier_.wait();
            continue;
        }
        waiting_for_ = due_.begin()->first;
        (void)co_await earlier_.wait_for(clock_, waiting_for_ - clock_.now());
        waiting_for_ = SteadyTime::max();
    }
}

} // namespace heliosd::sim
