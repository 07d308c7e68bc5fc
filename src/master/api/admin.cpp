// SPDX-License-Identifier: Apache-2.0
#include "master/api/admin.h"

#include "base/json/json.h"

namespace heliosd::master {

Admin::Admin(store::Store& store) : store_(store) {
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
    bool const connected = store_.session().state == store::SessionState::connected;
    json::Object zookeeper{{"healthy", connected}};
    // The reference's sentence: alerts match it.
    if (!connected)
        zookeeper.set("message", "CuratorZookeeperClient reports that it is not connected");
    // A single thread has no deadlocks; dashboards expect the member.
    json::Object const checks{{"deadlocks", json::Object{{"healthy", true}}},
                              {"zookeeper", std::move(zookeeper)}};
    net::Response response{.status = connected ? 200 : 500, .body = json::write(checks)};
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Cache-Control", "must-revalidate,no-cache,no-store");
    co_return response;
}

} // namespace heliosd::master
