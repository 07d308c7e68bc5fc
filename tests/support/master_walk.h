// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/master.h"
#include "net/client.h"
#include "store/paths.h"
#include "support/catch.h"
#include "support/data.h"

#include <map>
#include <regex>
#include <string>

/// The example of spec/zookeeper.md §14, as far as masters are concerned, against any store.
namespace heliosd::test {

/// The API over a socket.
class ApiClient {
public:
    ApiClient(net::HttpClient& http, std::uint16_t port)
        : http_(http), endpoint_{.host = "127.0.0.1", .port = port} {}

    Async<net::FullResponse> call(std::string method, std::string target, std::string body = "") {
        net::Request request{.method = std::move(method), .target = std::move(target)};
        request.headers.set("Helios-Version", "0.9.283");
        if (!body.empty()) request.headers.set("Content-Type", "application/json");
        request.body = std::move(body);
        auto answer = co_await http_.call(endpoint_, std::move(request));
        if (!answer) throw std::runtime_error(answer.error().message);
        co_return std::move(*answer);
    }

private:
    net::HttpClient& http_;
    net::Endpoint endpoint_;
};

/// Every node with its data, creation markers under the name of the example.
inline Async<std::map<std::string, std::string>> whole_tree(store::Store& store) {
    static std::regex const marker("creation-[0-9a-f-]{36}$");
    std::map<std::string, std::string> tree;
    for (std::string root : {"/config", "/status", "/history"}) {
        auto const paths = co_await store::list_tree(store, root);
        if (!paths) throw std::runtime_error(paths.error().message);
        for (auto const& path : *paths) {
            auto const node = co_await store.get(path);
            if (node) tree[std::regex_replace(path, marker, "creation-<uuid>")] = node->data;
        }
    }
    co_return tree;
}

/// Whether a value is what the example shows, where placeholders stand for anything of their kind.
inline bool is_like(json::Value const& expected, json::Value const& actual) {
    if (auto const* text = expected.if_string()) {
        if (*text == "<timestamp>") return actual.if_integer().has_value();
        if (*text == "<creator-address>") return true;
        if (*text == "<agent-id>") return actual.if_string() && !actual.if_string()->empty();
        if (*text == "<uuid>") return actual.if_string() && actual.if_string()->size() == 36;
    }
    auto const* const object = expected.if_object();
    if (!object) return expected == actual;
    auto const* const other = actual.if_object();
    if (!other || other->size() != object->size()) return false;
    for (auto const& member : *object) {
        auto const* const value = other->find(member.name);
        if (!value || !is_like(member.value, *value)) return false;
    }
    return true;
}

/// What the example shows of the nodes that masters write.
inline bool is_of_masters(std::string_view path) {
    bool const of_agents = path.starts_with("/status/hosts/host-a/") ||
                           (path.starts_with("/history/") && path.find("/hosts") != path.npos);
    return !of_agents || path == "/status/hosts/host-a/jobs";
}

inline Async<void> check_example(store::Store& store) {
    auto const expected = data_json("znodes.json");
    auto actual = co_await whole_tree(store);
    for (auto const& [path, node] : *expected.if_object()) {
        if (!is_of_masters(path)) continue;
        INFO(path);
        auto const found = actual.find(path);
        REQUIRE(found != actual.end());
        auto const& data = *node.find("data");
        bool const document = data.if_object() || data.if_array();
        json::Value const value = document ? parsed(found->second) : json::Value(found->second);
        CHECK(is_like(data, value));
        actual.erase(found);
    }
    for (auto const& [path, data] : actual) {
        INFO(path);
        CHECK(path.empty());
    }
}

/// Makes the example through the API of a running master named master-1, compares, takes it apart.
inline Async<void> walk_example(store::Store& store, ApiClient api) {
    std::string const web = "web:1:ea894201c4a2dad594ccf40a1981c06842852a04";
    std::string const batch = "batch:2.0:4449d1323ef4a2f2c1d4c127ea3b5b1a7cd2b03a";
    auto answer = co_await api.call("PUT", "/hosts/host-a?id=0A1B&user=alice");
    CHECK(answer.body == "\"OK\"");
    answer = co_await api.call("POST", "/jobs/?user=alice",
                               R"({"id":"web:1","image":"busybox:latest",
        "command":["sh","-c","sleep 3600"],
        "ports":{"http":{"internalPort":80,"externalPort":8080}}})");
    CHECK(answer.status == 200);
    answer = co_await api.call("POST", "/jobs/?user=alice",
                               R"({"id":"batch:2.0","image":"busybox:latest","command":["true"]})");
    CHECK(answer.status == 200);
    auto const at = "/hosts/host-a/jobs/" + web;
    answer = co_await api.call("PUT", at + "?token=&user=alice",
                               R"({"deployerUser":null,"goal":"START","jobId":")" + web + "\"}");
    CHECK(answer.status == 200);
    answer = co_await api.call("GET", "/hosts/host-a/status");
    CHECK(answer.status == 200);
    auto const status = parsed(answer.body);
    CHECK(status.find("jobs")->find(web));
    co_await check_example(store);

    answer = co_await api.call("DELETE", at + "?token=");
    CHECK(answer.status == 200);
    for (auto const& job : {web, batch}) {
        answer = co_await api.call("DELETE", "/jobs/" + job + "?token=");
        CHECK(answer.status == 200);
    }
    answer = co_await api.call("DELETE", "/hosts/host-a");
    CHECK(answer.status == 200);
    std::vector<std::string> left;
    auto const tree = co_await whole_tree(store);
    for (auto const& [path, data] : tree) left.push_back(path);
    CHECK(left == std::vector<std::string>{
                      "/config", "/config/deployment-groups", "/config/hosts", "/config/jobrefs",
                      "/config/jobs", "/history", "/history/jobs", "/status",
                      "/status/deployment-groups", "/status/hosts", "/status/masters",
                      "/status/masters/master-1", "/status/masters/master-1/up"});
}

/// Options of a master on free ports of this machine alone.
inline master::MasterOptions local_master(std::string name) {
    return {.name = std::move(name),
            .http = {.host = "127.0.0.1"},
            .admin = net::Endpoint{.host = "127.0.0.1"}};
}

} // namespace heliosd::test
