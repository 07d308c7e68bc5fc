// SPDX-License-Identifier: Apache-2.0
#include "master/api/admin.h"

#include "base/json/json.h"

#include <fmt/format.h>

namespace heliosd::master {

namespace {

/// The result of one check; without a message when there is nothing to say.
struct Check {
    bool healthy = true;
    std::string message;

    json::Value document() const {
        json::Object out{{"healthy", healthy}};
        if (!message.empty()) out.append("message", message);
        return out;
    }
};

std::int64_t seconds_since(SteadyTime then, SteadyTime now) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

Check check_zookeeper(store::SessionState session, Freshness const& view, SteadyTime now) {
    // The reference's sentence: alerts match it.
    if (session != store::SessionState::connected)
        return {false, "CuratorZookeeperClient reports that it is not connected"};
    if (!view.silent_since) return {};
    return {false, fmt::format("ZooKeeper has not answered for {} s",
                               seconds_since(*view.silent_since, now))};
}

Check check_view(Freshness const& view, SteadyTime now) {
    auto text = fmt::format("loaded {} of {}", view.loaded, view.roots);
    if (view.stale_since)
        text += fmt::format(", stale for {} s", seconds_since(*view.stale_since, now));
    else if (view.is_loaded())
        text += ", current";
    return {view.is_current(), std::move(text)};
}

} // namespace

Admin::Admin(store::Store& store, ClusterMirror const& mirror, Clock& clock)
    : store_(store), mirror_(mirror), clock_(clock) {
    std::vector<net::Route> routes{
        {"GET", "/ping", net::Verb::read, [this](net::Call call) { return ping(std::move(call)); }},
        {"GET", "/healthcheck", net::Verb::read,
         [this](net::Call call) { return healthcheck(std::move(call)); }},
    };
    router_ = std::make_unique<net::Router>(std::move(routes));
}

Async<net::Response> Admin::handle(net::Request request, net::Context context) {
    co_return co_await (*router_)(std::move(request), std::move(context));
}

Async<net::Response> Admin::ping(net::Call) {
    net::Response response{.body = std::string("pong\n")};
    response.headers.set("Content-Type", "text/plain");
    response.headers.set("Cache-Control", "must-revalidate,no-cache,no-store");
    co_return response;
}

Async<net::Response> Admin::healthcheck(net::Call) {
    auto const now = clock_.now();
    auto const freshness = mirror_.freshness();
    auto const view = check_view(freshness, now);
    auto const zookeeper = check_zookeeper(store_.session().state, freshness, now);
    // A single thread has no deadlocks; dashboards expect the member.
    json::Object const checks{{"deadlocks", Check{}.document()},
                              {"view", view.document()},
                              {"zookeeper", zookeeper.document()}};
    net::Response response{.status = view.healthy && zookeeper.healthy ? 200 : 500,
                           .body = json::write(checks)};
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "must-revalidate,no-cache,no-store");
    co_return response;
}

} // namespace heliosd::master
