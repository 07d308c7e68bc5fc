// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace heliosd::net {

/// The time a transfer may spend waiting for its peer: at most `silence`, and every byte moved
/// earns a little of it back, up to `silence` again. So a peer that moves one byte now and then is
/// stopped, and a slow link is not.
class TransferBudget {
public:
    /// The peer has to average `bytes_per_second`. 0: only single waits are limited.
    explicit TransferBudget(Duration silence, std::uint64_t bytes_per_second = 0)
        : silence_(silence), left_(silence), rate_(bytes_per_second) {}

    /// How long the next wait may take; zero when the budget is spent.
    Duration next_wait() const { return left_; }

    /// A wait ended after `waited` and moved `bytes`.
    void add(Duration waited, std::uint64_t bytes) {
        if (rate_ == 0) return;
        auto const full = std::chrono::duration<double>(silence_).count();
        auto const earned = std::min(static_cast<double>(bytes) / static_cast<double>(rate_), full);
        auto const credit =
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(earned));
        left_ = std::clamp(left_ - waited + credit, Duration::zero(), silence_);
    }

private:
    Duration silence_, left_;
    std::uint64_t rate_;
};

} // namespace heliosd::net
