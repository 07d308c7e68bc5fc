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

/// Publishes facts about this host: host info, agent info, environment and labels below
/// `/status/hosts/<host>` (spec/agent.md §18): the first two every minute, all of them after each
/// registration, so that a host whose nodes were wiped gets them back. The agent owns it and runs
/// `run` in its group.
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
    /// Called when `/status/hosts/<host>` does not exist.
    void on_parent_missing(std::function<void()> callback) {
        on_parent_missing_ = std::move(callback);
    }

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
    std::function<void()> on_parent_missing_;
    bool allowed_ = false;
    bool are_options_due_ = true; ///< environment and labels, which never change
};

} // namespace heliosd::agent
