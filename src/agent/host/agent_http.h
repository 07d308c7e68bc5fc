// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/state/desired.h"
#include "agent/state/status_writer.h"
#include "docker/engine.h"
#include "net/http/router.h"
#include "store/store.h"

namespace heliosd::agent {

/// The HTTP API of the agent (spec/agent.md §17): desired tasks and statuses on one port, health on
/// the other. Read only.
class AgentHttp {
public:
    AgentHttp(Clock& clock, docker::Engine& engine, store::Store& store, Desired const& desired,
              StatusWriter const& statuses)
        : clock_(clock), engine_(engine), store_(store), desired_(desired), statuses_(statuses) {}

    net::Handler application();
    net::Handler admin();

private:
    Async<net::Response> tasks(net::Call call);
    Async<net::Response> statuses(net::Call call);
    Async<net::Response> ping(net::Call call);
    Async<net::Response> health(net::Call call);

    Clock& clock_;
    docker::Engine& engine_;
    store::Store& store_;
    Desired const& desired_;
    StatusWriter const& statuses_;
};

} // namespace heliosd::agent
