// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/options.h"
#include "base/async/auto_reset_event.h"
#include "base/files.h"
#include "docker/engine.h"
#include "store/store.h"

#include <functional>
#include <string>

namespace heliosd::agent {

/// Publishes what this host is: host info, agent info, environment and labels below
/// `/status/hosts/<host>` (spec/agent.md §18), every minute and after each registration, so that a
/// host whose nodes were wiped gets all of them back. The agent owns it and runs `run` in its
/// group.
class HostReporter {
public:
    struct Services {
        Executor executor;
        Clock& clock;
        Files& files;
        store::Store& store;
        docker::Engine& engine;
    };
    HostReporter(Services services, AgentOptions const& options);

    void allow(bool allowed);
    /// Who is told that `/status/hosts/<host>` does not exist.
    void on_homeless(std::function<void()> hear) { on_homeless_ = std::move(hear); }

    Async<void> run();

private:
    Async<Result<>> report();
    Async<Result<>> publish(std::string path, std::string document);
    Async<std::string> host_document();
    std::string agent_document() const;

    Services services_;
    AgentOptions const& options_;
    WallTime started_;
    AutoResetEvent wake_;
    std::function<void()> on_homeless_;
    bool allowed_ = false;
};

} // namespace heliosd::agent
