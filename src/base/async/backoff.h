// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/rng.h"

namespace heliosd {

/// Exponential back-off with jitter: starts with `shortest`, each delay is 1.5 to 2.5 times the one
/// before, up to `longest` (spec/agent.md §8.4, spec/zookeeper.md §7.1).
class Backoff {
public:
    explicit Backoff(Rng& rng, Duration shortest = std::chrono::seconds{1},
                     Duration longest = std::chrono::seconds{30})
        : rng_(rng), shortest_(shortest), longest_(longest) {}

    /// How long to wait before the next attempt.
    Duration next();
    /// An attempt succeeded: start from the shortest pause again.
    void reset() { previous_ = Duration::zero(); }

private:
    Rng& rng_;
    Duration shortest_, longest_;
    Duration previous_ = Duration::zero();
};

} // namespace heliosd
