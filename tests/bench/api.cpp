// SPDX-License-Identifier: Apache-2.0
#include "bench/api.h"

#include <stdexcept>

namespace heliosd::bench {

using namespace std::chrono_literals;

Async<json::Value> Api::call(std::string method, std::string target, std::string body) {
    net::Request request{.method = method, .target = target, .body = std::move(body)};
    request.headers.add("Host", net::host_header(endpoint_));
    request.headers.add("Content-Type", "application/json");
    auto answer = co_await http_.call(endpoint_, std::move(request));
    if (!answer) throw std::runtime_error(method + " " + target + ": " + answer.error().message);
    if (answer->status >= 400)
        throw std::runtime_error(method + " " + target + ": " + answer->body);
    auto document = json::parse(answer->body);
    co_return document ? std::move(*document) : json::Value();
}

Async<std::string> Api::host_up(Duration limit) {
    auto const deadline = clock_.now() + limit;
    while (clock_.now() < deadline) {
        try {
            auto const hosts = co_await call("GET", "/hosts/");
            if (hosts.if_array() && !hosts.if_array()->empty()) {
                std::string host = *hosts.if_array()->front().if_string();
                auto const known = co_await call("GET", "/hosts/" + host + "/status");
                auto const* state = known.find("status");
                if (state && *state == json::Value("UP")) co_return host;
            }
        } catch (std::runtime_error const&) {
            // Not listening yet.
        }
        co_await clock_.sleep(20ms);
    }
    throw std::runtime_error("no host came up");
}

Async<std::string> Api::create(std::string name, std::string image,
                               std::vector<std::string> command) {
    json::Array words(command.begin(), command.end());
    // Killed at once when it is undeployed: `sleep` as process 1 ignores SIGTERM.
    json::Object job{{"id", json::Value(name)},
                     {"image", json::Value(image)},
                     {"command", words},
                     {"secondsToWaitBeforeKill", json::Value(0)}};
    auto const answer = co_await call("POST", "/jobs/?user=bench", json::write(job));
    co_return *answer.find("id")->if_string();
}

Async<void> Api::deploy(std::string id, std::string host) {
    json::Object body{{"goal", json::Value("START")}, {"jobId", json::Value(id)}};
    co_await call("PUT", "/hosts/" + host + "/jobs/" + id + "?user=bench", json::write(body));
}

Async<json::Value> Api::status(std::string id, std::string host) {
    auto const document = co_await call("GET", "/jobs/" + id + "/status");
    auto const* statuses = document.find("taskStatuses");
    auto const* mine = statuses ? statuses->find(host) : nullptr;
    co_return mine ? *mine : json::Value();
}

Async<void> Api::running(std::string id, std::string host, Duration limit, Duration pause) {
    auto const deadline = clock_.now() + limit;
    while (clock_.now() < deadline) {
        auto const seen = co_await status(id, host);
        auto const* state = seen.find("state");
        if (state && *state == json::Value("RUNNING")) co_return;
        co_await clock_.sleep(pause);
    }
    throw std::runtime_error(id + " did not reach RUNNING");
}

Async<void> Api::remove(std::string id, std::string host) {
    co_await call("DELETE", "/hosts/" + host + "/jobs/" + id);
    auto const deadline = clock_.now() + 60s;
    while (clock_.now() < deadline) {
        auto const known = co_await call("GET", "/hosts/" + host + "/status");
        auto const* statuses = known.find("statuses");
        if (!statuses || !statuses->find(id)) break;
        co_await clock_.sleep(5ms);
    }
    co_await call("DELETE", "/jobs/" + id);
}

} // namespace heliosd::bench
