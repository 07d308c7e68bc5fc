// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <map>

namespace heliosd {

/// A clock that stands still while anything can run and jumps to the next deadline when nothing
/// can. With it whole clusters run in a test: same seed, same trace. It must outlive its sleepers.
class VirtualClock final : public Clock {
public:
    explicit VirtualClock(WallTime start = WallTime{std::chrono::hours{24 * 365 * 50}});

    SteadyTime now() const override { return now_; }
    WallTime wall() const override;
    Async<void> sleep_until(SteadyTime deadline) override;

    /// Runs `loop` until it has no work left, nothing sleeps any more, or `limit` of virtual time
    /// has passed. Returns whether it came to rest before the limit.
    bool run(asio::io_context& loop, Duration limit = std::chrono::hours{24 * 365});

    /// How many sleepers there are.
    std::size_t sleepers() const { return sleepers_.size(); }

private:
    bool jump(SteadyTime limit);

    SteadyTime now_{};
    WallTime start_;
    /// Sleepers by deadline; those of one deadline wake in the order they went to sleep.
    std::multimap<SteadyTime, asio::steady_timer*> sleepers_;
};

} // namespace heliosd
