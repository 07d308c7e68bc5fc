// SPDX-License-Identifier: Apache-2.0
#include "support/master_walk.h"

#include "store/node.h"
#include "support/catch.h"
#include "support/data.h"

#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace heliosd::test {
namespace {

/// The random part of a creation marker, replaced by the name of the example.
std::string without_uuid(std::string path) {
    constexpr std::string_view marker = "/creation-";
    auto const at = path.rfind(marker);
    if (at != path.npos && path.size() - at == marker.size() + 36)
        path.replace(at, path.npos, std::string(marker) + "<uuid>");
    return path;
}

/// Whether a value is what the example shows, where placeholders stand for anything of their kind.
bool is_like(json::Value const& expected, json::Value const& actual) {
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
bool is_of_masters(std::string_view path) {
    bool const of_agents = path.starts_with("/status/hosts/host-a/") ||
                           (path.starts_with("/history/") && path.find("/hosts") != path.npos);
    return !of_agents || path == "/status/hosts/host-a/jobs";
}

} // namespace

Async<net::FullResponse> ApiClient::call(std::string method, std::string target, std::string body) {
    net::Request request{.method = std::move(method), .target = std::move(target)};
    request.headers.set("Helios-Version", "0.9.283");
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    auto answer = co_await http_.call(endpoint_, std::move(request));
    if (!answer) throw std::runtime_error(answer.error().message);
    co_return std::move(*answer);
}

Async<std::map<std::string, std::string>> whole_tree(store::Store& store) {
    std::map<std::string, std::string> tree;
    for (std::string root : {"/config", "/status", "/history"}) {
        auto const paths = co_await store::list_tree(store, root);
        if (!paths) throw std::runtime_error(paths.error().message);
        for (auto const& path : *paths) {
            auto const node = co_await store.get(path);
            if (node) tree[without_uuid(path)] = node->data;
        }
    }
    co_return tree;
}

Async<void> check_example(store::Store& store) {
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

Async<void> walk_example(store::Store& store, ApiClient api) {
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

master::MasterOptions local_master(std::string name) {
    return {.name = std::move(name),
            .http = {.host = "127.0.0.1"},
            .admin = net::Endpoint{.host = "127.0.0.1"},
            .cross_site = {.allowed_origins = {"http://page.example"}, .host_names = {}}};
}

} // namespace heliosd::test
