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

/// Whose name this is, as far as is known.
enum class Ownership {
    unknown, ///< not asked since the (re)connection, or there is no answer
    ours,
    refused, ///< it belongs to another agent that is alive
};

/// What to do about the id found at the host's name (spec/zookeeper.md §9.2).
enum class Claim { enrol, keep, refuse, take_over };

/// What is seen of the other agent whose id is found there.
struct Rival {
    std::optional<Duration> silent_for; ///< since it refreshed its host info; nothing: has none
    bool is_up = false;                 ///< its session is alive and holds the `up` node
    bool fights = false;                ///< it took the name right after we had taken it over
};

/// `found`: the id at the name, if any. A rival that shows any sign of life is left alone, also one
/// without host info, which an agent reports only after it has registered: of two that start with
/// one name at the same moment, each would otherwise take it from the other for ever.
Claim decide_claim(std::optional<std::string_view> found, std::string_view own, Rival const& rival,
                   Duration ttl);

/// Holds the host's name: registers it, keeps its ephemeral `up` node, notices when somebody else
/// takes it or a master removes it, and tries again for as long as the agent lives. The agent owns
/// it and runs `run` in its group; everyone else asks `ownership` and listens.
class Registration {
public:
    struct Identity {
        std::string host, id;
        Duration ttl; ///< silence after which another agent's name may be taken over
    };

    Registration(Executor executor, Clock& clock, Rng& rng, store::Store& store, Identity identity);

    Async<void> run();

    Ownership ownership() const { return ownership_; }
    /// Counts the times the name was won, also again after a reconnect.
    std::uint64_t wins() const { return wins_; }
    /// Called whenever `ownership` or `wins` has changed.
    void on_change(std::function<void()> hear) { on_change_ = std::move(hear); }
    /// A node that registration makes is missing: look again.
    void check_again() { wake_.set(); }
    /// Gives up the `up` node, so that the host is seen down at once.
    Async<void> leave();

private:
    Async<void> hold();
    Async<void> step_aside(Duration pause);
    Async<void> watch_node(std::string path);
    Async<void> watch_session();
    Async<Result<Claim>> attempt();
    Async<Result<Claim>> settle(std::optional<store::Node> found);
    Async<Result<>> keep();
    Async<Result<>> enrol(bool with_id);
    Async<Result<>> ensure_roots();
    Async<Result<>> take_over(store::Node found);
    Async<Result<std::vector<store::Op>>> claim_up();
    Async<Result<Rival>> look_at_rival();
    void become(Ownership ownership);

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
    bool contested_ = false; ///< somebody else keeps making the `up` node his
    std::optional<SteadyTime> took_over_, displaced_;
};

} // namespace heliosd::agent
