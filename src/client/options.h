// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "client/address.h"
#include "model/version.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::client {

struct Options {
    std::vector<MasterAddress> addresses; ///< tried in turn, starting anywhere
    std::string user;                     ///< the `user` parameter of every request
    std::string version{model::protocol_version};
    /// How long one attempt may wait for its connection and for each part of the answer; nothing:
    /// no limit. With a limit the whole call ends this long after the last attempt may start.
    std::optional<Duration> attempt_limit = std::chrono::seconds{60};
    /// An attempt that fails before this is over is followed by another one (spec/cli.md §4.3).
    Duration retry_limit = std::chrono::seconds{240};
    Duration retry_delay = std::chrono::seconds{5};
    /// Repeat attempts also when nothing listens on a loopback address, the only one.
    bool repeat_refused = false;
    /// Longer answers are refused. Their documents take several times as much memory.
    std::size_t answer_limit = std::size_t{64} << 20;
    /// Called for each failed attempt that will be repeated, and once for a master older than us.
    std::function<void(std::string const& sentence)> warn;
    /// Called once, when the master answers from a state of the cluster that is not current.
    std::function<void(std::chrono::seconds age)> stale;
};

} // namespace heliosd::client
