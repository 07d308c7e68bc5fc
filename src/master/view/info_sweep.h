// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "master/view/cluster_view.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace heliosd::master {

/// Reads the host and agent info of each host in turns: agents rewrite them every minute, so they
/// are not worth a watch. After an agent has come up they are read until they are new. A listener
/// of the change feed; the mirror owns one and runs it.
class InfoSweep {
public:
    using Apply = std::function<void(store::Change const&)>;

    /// `apply` takes what was read.
    InfoSweep(Executor executor, store::Store& store, Clock& clock, ClusterView const& view,
              ChangeFeed& feed, Apply apply);

    /// Until cancelled.
    Async<void> run();

private:
    /// When a host is read next.
    struct Due {
        SteadyTime at{};
        Duration pause{};       ///< until the next attempt, while the infos are old
        std::int64_t since = 0; ///< the transaction in which the agent came up
    };

    void take_changes();
    void schedule(std::string const& host);
    Async<Result<>> read_host(std::string host);
    /// Answers whether there is one that is newer than `since`.
    Async<bool> read_info(std::string path, std::int64_t since);

    store::Store& store_;
    Clock& clock_;
    ClusterView const& view_;
    ChangeFeed::Listener changes_;
    Apply apply_;
    std::map<std::string, Due> hosts_;
};

} // namespace heliosd::master
