// SPDX-License-Identifier: Apache-2.0
#include "agent/host/agent_http.h"

#include "base/async/within.h"

#include <memory>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration ping_limit = 5s;

net::Response answer(int status, char const* type, std::string text) {
    net::Response response;
    response.status = status;
    response.headers.set("Content-Type", type);
    response.body = std::move(text);
    return response;
}

net::Response document(int status, json::Object object) {
    return answer(status, "application/json", json::write(std::move(object)));
}

json::Object verdict(Result<> const& outcome) {
    json::Object object{{"healthy", outcome.has_value()}};
    if (!outcome) object.set("message", outcome.error().message);
    return object;
}

net::Handler handler_of(std::vector<net::Route> routes) {
    auto router = std::make_shared<net::Router>(std::move(routes));
    return [router](net::Request request, net::Context context) {
        return (*router)(std::move(request), std::move(context));
    };
}

} // namespace

net::Handler AgentHttp::application() {
    auto const show_tasks = [this](net::Call call) { return tasks(std::move(call)); };
    auto const show_statuses = [this](net::Call call) { return statuses(std::move(call)); };
    return handler_of({{"GET", "/helios/tasks", net::Verb::read, show_tasks},
                       {"GET", "/helios/taskstatus", net::Verb::read, show_statuses}});
}

net::Handler AgentHttp::admin() {
    auto const answer_ping = [this](net::Call call) { return ping(std::move(call)); };
    auto const answer_health = [this](net::Call call) { return health(std::move(call)); };
    return handler_of({{"GET", "/ping", net::Verb::read, answer_ping},
                       {"GET", "/healthcheck", net::Verb::read, answer_health}});
}

Async<net::Response> AgentHttp::tasks(net::Call) {
    json::Object object;
    if (auto const& tasks = desired_.tasks())
        for (auto const& [id, task] : *tasks) object.set(id, to_json(task, model::Mode::api));
    co_return document(200, std::move(object));
}

Async<net::Response> AgentHttp::statuses(net::Call) {
    json::Object object;
    for (auto const& [id, status] : statuses_.all())
        object.set(id, to_json(status, model::Mode::api));
    co_return document(200, std::move(object));
}

Async<net::Response> AgentHttp::ping(net::Call) {
    co_return answer(200, "text/plain", "pong\n");
}

Async<net::Response> AgentHttp::health(net::Call) {
    auto const docker = co_await within(clock_, ping_limit, engine_.ping());
    Result<> zookeeper;
    if (store_.session().state != store::SessionState::connected)
        zookeeper = fail(Errc::unavailable, "not connected to ZooKeeper");
    bool const healthy = docker && zookeeper;
    co_return document(healthy ? 200 : 500,
                       {{"dockerd", verdict(docker)}, {"zookeeper", verdict(zookeeper)}});
}

} // namespace heliosd::agent
