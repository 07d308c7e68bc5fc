// SPDX-License-Identifier: Apache-2.0
// What befalls a cluster in a drill.
#include "sim/drill.h"

#include <fmt/format.h>

namespace heliosd::sim {

using namespace std::chrono_literals;

Async<void> Drill::storm() {
    auto& clock = cluster_.world.clock;
    auto const end = clock.now() + storm_length_;
    if (weather_.calls) {
        for (auto const& host : cluster_.hosts) {
            auto const some = [&] { return rng_.below(2) == 0 ? 0.0 : 0.01 + 0.1 * rng_.unit(); };
            host->faults = {.refused = some(),
                            .broken = some(),
                            .late = some() / 3,
                            .not_done = some(),
                            .event_lost = some(),
                            .event_twice = some(),
                            .event_late = some()};
        }
    }
    while (clock.now() < end) {
        co_await clock.sleep(200ms + up_to(4s));
        if (rng_.below(4) != 0) co_await strike();
    }
}

LaggingStore* Drill::any_store() {
    auto const which = rng_.below(cluster_.agents.size() + cluster_.masters.size());
    if (which < cluster_.agents.size()) return cluster_.agents[which]->store();
    return cluster_.masters[which - cluster_.agents.size()]->store();
}

Session* Drill::any_session() {
    auto* const store = any_store();
    if (!store) return nullptr;
    // The first is the one that writes.
    auto const& sessions = store->sessions();
    return sessions[rng_.below(2) == 0 ? 0 : rng_.below(sessions.size())].get();
}

Async<void> Drill::strike() {
    auto& ensemble = cluster_.ensemble;
    auto& scheduler = cluster_.scheduler;
    auto const server = rng_.below(ensemble.servers());
    if (weather_.lag && server != 0) {
        auto const lag = rng_.below(4) == 0 ? 2ms : up_to(4s);
        trace_.add("zookeeper: server {} lags by {} ms", server, lag.count());
        ensemble.set_lag(server, lag);
    }
    if (weather_.lag && rng_.below(6) == 0) {
        trace_.add("zookeeper: server {} goes down", server);
        ensemble.set_up(server, false);
        scheduler.after(up_to(6s), [&ensemble, server] { ensemble.set_up(server, true); });
    }
    if (weather_.connections) {
        auto* const session = any_session();
        if (session && rng_.below(3) == 0)
            session->mute();
        else if (session)
            session->cut();
    }
    if (weather_.expiry && rng_.below(2) == 0) {
        auto* const session = any_session();
        if (session && session->is_connected()) {
            trace_.add("zookeeper: session {:x} is ended by the servers", session->id());
            ensemble.end_session(session->id());
        }
    }
    co_await strike_process();
    co_await strike_machine();
}

Async<void> Drill::strike_process() {
    auto& clock = cluster_.world.clock;
    if (weather_.masters && rng_.below(3) == 0) {
        auto& master = *cluster_.masters[rng_.below(cluster_.masters.size())];
        if (master.is_up() && rng_.below(3) != 0)
            co_await master.crash();
        else if (master.is_up())
            co_await master.shut_down();
        co_await clock.sleep(up_to(2s));
        if (!master.is_up() && rng_.below(3) != 0) master.boot();
    }
    if (weather_.agents && rng_.below(3) == 0) {
        auto& agent = *cluster_.agents[rng_.below(cluster_.agents.size())];
        if (agent.is_up() && rng_.below(4) != 0)
            co_await agent.crash();
        else if (agent.is_up())
            co_await agent.shut_down();
        co_await clock.sleep(up_to(2s));
        if (!agent.is_up() && rng_.below(3) != 0) agent.boot();
    }
}

Async<void> Drill::strike_machine() {
    auto& host = *cluster_.hosts[rng_.below(cluster_.hosts.size())];
    auto& scheduler = cluster_.scheduler;
    if (weather_.exits) {
        auto const containers = host.engine().containers();
        if (!containers.empty()) {
            auto const& one = containers[rng_.below(containers.size())];
            if (one.info.running) {
                trace_.add("{}: {} exits", host.name(), one.info.name);
                host.engine().die(one.info.id, 1);
            }
        }
    }
    if (weather_.daemons && rng_.below(4) == 0) {
        if (rng_.below(2) == 0) {
            trace_.add("{}: docker freezes", host.name());
            host.set_frozen(true);
            scheduler.after(1s + up_to(40s), [this, &host] {
                trace_.add("{}: docker thaws", host.name());
                host.set_frozen(false);
            });
        } else if (!host.is_down()) {
            bool const live_restore = rng_.below(2) == 0;
            trace_.add("{}: docker goes down{}", host.name(),
                       live_restore ? ", containers stay" : "");
            host.go_down(live_restore);
            scheduler.after(500ms + up_to(8s), [this, &host] {
                trace_.add("{}: docker is back", host.name());
                if (host.is_down()) host.come_back();
            });
        }
    }
    co_return;
}

} // namespace heliosd::sim
