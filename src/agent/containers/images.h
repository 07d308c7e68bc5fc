// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/semaphore.h"
#include "base/async/task_group.h"
#include "docker/engine.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace heliosd::agent {

/// Brings images to this host (spec/agent.md §12.1): several tasks that want the same one share one
/// pull, different ones are pulled a few at a time. The agent owns it and runs `run` in its group.
class Images {
public:
    /// Hears that the image is here, or why it is not: `image_not_found`, `pull_failed`,
    /// `timed_out` (all three: and it is not here), that the daemon cannot be asked, or that the
    /// pull met a fault of ours. Must not throw.
    using Done = std::function<void(Result<>)>;

    Images(Executor executor, Clock& clock, docker::Engine& engine, std::size_t parallel = 6);

    /// Wants `image`; `done` is called on the loop, later. It must be safe to call for as long as
    /// this object lives.
    void want(std::string image, Done done);

    /// Pulls until cancelled. What an earlier run left undone is pulled anew.
    Async<void> run();

private:
    Async<void> take_orders();
    Async<void> provide(std::string image);
    Async<Result<>> fetch(std::string image);

    Clock& clock_;
    docker::Engine& engine_;
    TaskGroup pulls_;
    Semaphore slots_;
    AutoResetEvent ordered_;
    std::vector<std::string> orders_;
    std::map<std::string, std::vector<Done>> waiting_;
};

} // namespace heliosd::agent
