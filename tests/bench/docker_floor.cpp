// SPDX-License-Identifier: Apache-2.0
#include "bench/docker_floor.h"

#include <stdexcept>

namespace heliosd::bench {

Async<std::string> RawDocker::call(std::string method, std::string target, std::string body) {
    net::Request request{.method = method, .target = target, .body = std::move(body)};
    request.headers.add("Host", "docker");
    if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
    auto answer = co_await http_.call(endpoint_, std::move(request));
    if (!answer) throw std::runtime_error(method + " " + target + ": " + answer.error().message);
    if (answer->status >= 400)
        throw std::runtime_error(method + " " + target + ": " + answer->body);
    co_return std::move(answer->body);
}

Async<std::string> RawDocker::run(std::string image, std::vector<std::string> command,
                                  std::string restart_policy) {
    auto const colon = image.rfind(':');
    std::string const name = image.substr(0, colon), tag = image.substr(colon + 1);
    co_await call("POST", "/images/create?fromImage=" + name + "&tag=" + tag);
    co_await call("GET", "/images/" + image + "/json");

    json::Array words(command.begin(), command.end());
    json::Object host;
    if (!restart_policy.empty())
        host.set("RestartPolicy", json::Object{{"Name", json::Value(restart_policy)}});
    json::Object spec{{"Image", json::Value(image)},
                      {"Cmd", json::Value(words)},
                      {"Labels", json::Object{{"heliosd.bench", json::Value("floor")}}},
                      {"HostConfig", json::Value(host)}};
    auto const created = co_await call("POST", "/containers/create", json::write(spec));
    auto const document = json::parse(created);
    if (!document || !document->find("Id")) throw std::runtime_error("create: " + created);
    std::string id = *document->find("Id")->if_string();
    co_await call("POST", "/containers/" + id + "/start");
    co_return id;
}

Async<void> RawDocker::remove(std::string id) {
    co_await call("DELETE", "/containers/" + id + "?force=1");
}

Async<void> RawDocker::remove_all() {
    auto const listed = co_await call("GET", "/containers/json?all=1");
    auto const document = json::parse(listed);
    if (!document || !document->if_array()) throw std::runtime_error("list: " + listed);
    for (auto const& container : *document->if_array()) {
        auto const* labels = container.find("Labels");
        bool const floor = labels && labels->find("heliosd.bench");
        bool const ours = labels && labels->find("helios.job.id");
        if (!floor && !ours) continue;
        std::string const id = *container.find("Id")->if_string();
        co_await remove(id);
    }
}

Async<std::string> RawDocker::events(std::string since, std::string until) {
    auto body = co_await call("GET", "/events?since=" + since + "&until=" + until +
                                         "&filters=%7B%22type%22%3A%5B%22container%22%5D%7D");
    co_return body;
}

} // namespace heliosd::bench
