// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "model/task.h"

#include <deque>
#include <optional>

namespace heliosd::agent {

/// Detects a flapping container (spec/agent.md §8.3): its last ten runs and the present one add up
/// to less than a minute. Runs are measured from the start of the container.
class Flapping {
public:
    void started(SteadyTime at);
    /// A run without a known start counts with length zero.
    void ended(SteadyTime at);

    bool is_flapping(SteadyTime now) const;
    /// How much longer the present run must last to end the flapping; nothing when not flapping.
    std::optional<Duration> until_calm(SteadyTime now) const;

private:
    std::optional<SteadyTime> since_;
    std::deque<Duration> runs_; ///< of the last ten that ended
};

/// The pause before the next attempt (§8.1). A container that lived at least ten seconds and is not
/// throttled is restarted at once, one that died sooner after a second.
Duration restart_delay(model::Throttle throttle, Duration ran);

/// The throttle shown in the status: an image failure takes precedence over flapping (§8.2).
model::Throttle throttle_of(model::Throttle image_failure, bool flapping);

} // namespace heliosd::agent
