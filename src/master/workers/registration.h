// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/rng.h"
#include "store/store.h"

#include <string>

namespace heliosd::master {

/// Registers a master in the tree (spec/zookeeper.md §7.1): creates the base nodes, then the
/// ephemeral `/status/masters/<name>/up` in every new session. An orderly end removes it at once
/// instead of leaving it to the session's time-out.
class Registration {
public:
    Registration(store::Store& store, Clock& clock, Rng& rng, std::string name);

    /// Until cancelled.
    Async<void> run();

    /// One attempt: afterwards the base nodes exist and `up` belongs to this session.
    Async<Result<>> register_once();
    /// Removes `up`, if it is ours.
    Async<Result<>> withdraw();

private:
    Async<void> keep_registered();
    Async<void> leave();
    Async<Result<>> create_up(bool take_over);

    store::Store& store_;
    Clock& clock_;
    Rng& rng_;
    std::string name_;
    bool warned_of_name_clash_ = false;
};

} // namespace heliosd::master
