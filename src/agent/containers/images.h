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

/// Pulls images (spec/agent.md §12.1): tasks that need the same image share one pull, different
/// images are pulled with bounded parallelism. The agent owns it and runs `run` in its group.
class Images {
public:
    /// Receives success when the image is present, or why it is not: `image_not_found`,
    /// `pull_failed`, `timed_out` (all three: and it is not present), that the daemon cannot be
    /// reached, or an internal error. Must not throw.
    using Done = std::function<void(Result<>)>;

    Images(Executor executor, Clock& clock, docker::Engine& engine, std::size_t parallel = 6);

    /// Requests `image`; `done` is called later, on the loop. It must stay callable for the
    /// lifetime of this object.
    void request(std::string image, Done done);

    /// Pulls until cancelled. Unfinished requests of an earlier run are pulled again.
    Async<void> run();

private:
    Async<void> dispatch();
    Async<void> serve(std::string image);
    Async<Result<>> fetch(std::string image);

    Clock& clock_;
    docker::Engine& engine_;
    TaskGroup pulls_;
    Semaphore pull_limit_;
    AutoResetEvent requested_;
    std::vector<std::string> requests_;
    std::map<std::string, std::vector<Done>> waiting_;
};

} // namespace heliosd::agent
