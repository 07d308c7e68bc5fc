// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"

#include <chrono>

namespace heliosd {

using Duration = std::chrono::steady_clock::duration;
using SteadyTime = std::chrono::steady_clock::time_point;
/// Calendar time in UTC, to the millisecond, as the documents of the API carry it.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// The only source of time. The personality owns one and outlives every task; tests own a
/// `VirtualClock`, on which an hour passes in a millisecond.
class Clock {
public:
    virtual ~Clock() = default;

    /// Time that never jumps, for limits and intervals.
    virtual SteadyTime now() const = 0;
    /// What the calendar says, for timestamps.
    virtual WallTime wall() const = 0;
    /// Suspends until `deadline`; at once if it has passed. Throws only when cancelled.
    virtual Async<void> sleep_until(SteadyTime deadline) = 0;

    /// Suspends for `length`.
    Async<void> sleep(Duration length) { return sleep_until(now() + length); }
};

/// The machine's clocks.
class RealClock final : public Clock {
public:
    SteadyTime now() const override;
    WallTime wall() const override;
    Async<void> sleep_until(SteadyTime deadline) override;
};

} // namespace heliosd
