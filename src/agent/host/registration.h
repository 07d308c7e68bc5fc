// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/clock.h"
#include "base/async/rng.h"
#include "base/async/task_group.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::agent {

/// Whether the host name is registered to this agent.
enum class Ownership {
    unknown, ///< not checked since the (re)connection, or there is no answer
    ours,
    refused, ///< it belongs to another agent that is alive
};

/// How to react to the id found at the host's name (spec/zookeeper.md §9.2).
enum class Claim { create, keep, refuse, take_over };

/// What is known of the other agent whose id is found there.
struct Rival {
    std::optional<Duration> silent_for; ///< since it refreshed its host info; nothing: has none
    bool is_up = false;                 ///< its session is alive and holds the `up` node
    bool contests = false;              ///< it took the name right after we had taken it over
};

/// `found`: the id at the name, if any. A rival that shows any sign of life keeps the name, also
/// one without host info, which an agent reports only after it has registered: otherwise two agents
/// that start with one name at the same moment would take it from each other for ever.
Claim decide_claim(std::optional<std::string_view> found, std::string_view own, Rival const& rival,
                   Duration ttl);

/// Registers the host's name, keeps its ephemeral `up` node, watches for another agent that takes
/// the name or a master that removes it, and retries for the lifetime of the agent. The agent owns
/// it and runs `run` in its group; other parts read `ownership` and subscribe to changes.
class Registration {
public:
    struct Identity {
        std::string host, id;
        Duration ttl; ///< silence after which another agent's name may be taken over
    };

    Registration(Executor executor, Clock& clock, Rng& rng, store::Store& store, Identity identity);

    Async<void> run();

    Ownership ownership() const { return ownership_; }
    /// How often the name was registered, including re-registrations after a reconnect.
    std::uint64_t wins() const { return wins_; }
    /// Called whenever `ownership` or `wins` has changed.
    void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }
    /// Check the registration again, because one of its nodes is missing.
    void check_again() { wake_.set(); }
    /// Gives up the `up` node, so that the host is seen down at once.
    Async<void> leave();

private:
    Async<void> hold();
    Async<void> yield_name(Duration pause);
    Async<void> watch_node(std::string path);
    Async<void> watch_session();
    Async<Result<Claim>> attempt();
    Async<Result<Claim>> settle(std::optional<store::Node> found);
    Async<Result<>> keep();
    Async<Result<>> create_nodes(bool with_id);
    Async<Result<>> ensure_roots();
    Async<Result<>> take_over(store::Node found);
    Async<Result<std::vector<store::Op>>> claim_up();
    Async<Result<Rival>> inspect_rival();
    void set_ownership(Ownership ownership);

    Clock& clock_;
    Rng& rng_;
    store::Store& store_;
    Identity identity_;
    TaskGroup watchers_;
    AutoResetEvent wake_;
    std::function<void()> on_change_;
    Ownership ownership_ = Ownership::unknown;
    std::uint64_t wins_ = 0;
    bool renewed_ = false;   ///< nodes were made since the last win
    bool contested_ = false; ///< another session keeps recreating the `up` node
    std::optional<SteadyTime> took_over_, displaced_;
};

} // namespace heliosd::agent
