// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/cluster.h"
#include "sim/history.h"
#include "sim/operation.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::sim {

/// Which kinds of trouble a storm has; a seed has some of them, lest one hides another.
struct Weather {
    bool lag = false;         ///< servers that fall behind, or are restarted
    bool connections = false; ///< that break, go silent, or stay away
    bool expiry = false;      ///< of sessions
    bool masters = false;     ///< that crash
    bool agents = false;      ///< that crash
    bool calls = false;       ///< to Docker that fail one way or another
    bool daemons = false;     ///< that freeze or are restarted
    bool exits = false;       ///< containers that end by themselves
    bool removals = false;    ///< operators deregister hosts, too
};

/// One simulated run from a seed: operators at work in a storm, then calm, then the checks.
class Drill {
public:
    struct Report {
        std::uint64_t hash = 0;
        std::string story;    ///< the end of the trace
        std::string problem;  ///< empty when all is well
        Duration converged{}; ///< from calm to the desired state
        int operations = 0;
    };

    Drill(std::uint64_t seed, std::size_t trace_lines);
    Report run();
    /// Puts the product's log into the trace.
    void narrate();

private:
    Async<void> scenario();
    Async<void> turmoil();
    Async<void> operate(int number);
    Async<void> perform(Operation operation);
    Operation draw(int number, int count);
    std::string key_of(Operation const& operation) const;
    Async<void> storm();
    Async<void> strike();
    Async<void> strike_process();
    Async<void> strike_machine();
    void calm_down();
    Async<void> settle();
    void complain(std::string problem);
    LaggingStore* any_store();
    Session* any_session();
    std::chrono::milliseconds up_to(std::chrono::milliseconds most);

    Cluster cluster_;
    Rng& rng_;
    Trace& trace_;
    History history_;
    Weather weather_;
    Duration storm_length_{};
    std::vector<JobPlan> jobs_;
    std::vector<std::string> host_names_;
    std::multiset<std::string> under_way_;
    std::map<std::string, int> begun_;
    /// Until when a request whose end nobody saw may still take effect.
    std::map<std::string, SteadyTime> lingering_;
    bool stormy_ = true;
    int operations_ = 0;
    std::string problem_;
    Duration converged_{};
    TaskGroup operators_;
};

} // namespace heliosd::sim
