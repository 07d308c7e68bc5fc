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

/// The agent of one host: registers the host, keeps the containers of its tasks running, and
/// reports. The daemon owns it and awaits `run`; all services must outlive it. Losing ZooKeeper,
/// the masters or Docker stops no container, nor does the end of the agent itself.
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

    /// Runs until cancelled; then it removes the `up` node and flushes the state files; containers
    /// keep running. Returns early, with an error for the user, when it cannot start: a state
    /// directory that is in use or cannot be written, a port that is taken.
    Async<Result<>> run();

private:
    class Runtime;

    AgentOptions options_;
    Services services_;
};

} // namespace heliosd::agent
