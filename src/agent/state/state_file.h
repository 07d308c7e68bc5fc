// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/backoff.h"
#include "base/async/condition.h"
#include "base/async/offload.h"
#include "base/files.h"

#include <cstdint>
#include <functional>
#include <string>

namespace heliosd::agent {

/// One state file, written off the loop: changes are coalesced into one write of the newest
/// content. The agent owns it, runs `run` in its group and calls `flush` at the end. A write that
/// fails is logged once and retried until it succeeds.
class StateFile {
public:
    struct Services {
        Executor executor;
        Clock& clock;
        Rng& rng;
        Files& files;
        Offload& offload;
    };

    /// `content` is called when a write begins. `linger`: how long changes are collected first.
    StateFile(Services services, std::string path, Duration linger,
              std::function<std::string()> content);

    /// The content has changed.
    void touch();
    /// Counts the changes; what is in the content now is on disk with this version.
    std::uint64_t version() const { return wanted_; }
    /// Suspends until `version` is on disk, or a write of it has failed. Later changes that cannot
    /// be written do not matter.
    Async<Result<>> saved(std::uint64_t version);
    /// Writes whenever touched, until cancelled.
    Async<void> run();
    /// Writes what is still unwritten, on the spot.
    Result<> flush();

private:
    Async<Result<>> write();

    Services services_;
    std::string path_;
    Duration linger_;
    std::function<std::string()> content_;
    Backoff backoff_;
    AutoResetEvent touched_;
    Condition settled_; ///< an attempt to write has ended
    std::uint64_t wanted_ = 0, written_ = 0;
    std::uint64_t failures_ = 0; ///< of all writes so far
    Error last_failure_;
    bool failing_ = false; ///< the last write did not succeed
};

} // namespace heliosd::agent
