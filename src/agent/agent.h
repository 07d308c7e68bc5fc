// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/containers/ports.h"
#include "agent/options.h"
#include "base/async/offload.h"
#include "base/files.h"
#include "docker/engine.h"
#include "store/store.h"

#include <memory>

namespace heliosd::agent {

/// The agent of one host: registers it, keeps the containers of its tasks running, and reports. The
/// personality owns it and awaits `run`; everything it is given must outlive it. Losing ZooKeeper,
/// the masters or Docker stops nothing, and so does its own end.
class Agent {
public:
    struct Services {
        Executor executor;
        Clock& clock;
        Rng& rng;
        Files& files;
        Offload& offload;
        store::Store& store;
        docker::Engine& engine;
        PortProbe probe = port_is_free;
    };

    Agent(AgentOptions options, Services services);
    ~Agent();

    /// Runs until cancelled; then the host is seen down at once, state files are up to date and the
    /// containers go on. Answers early, with a sentence for the user, when it cannot start: a state
    /// directory that is in use or cannot be written, a port that is taken.
    Async<Result<>> run();

private:
    class Life;

    AgentOptions options_;
    Services services_;
};

} // namespace heliosd::agent
