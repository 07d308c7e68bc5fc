// SPDX-License-Identifier: Apache-2.0
#include "net/http/router.h"

#include "net/http/answer.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

/// Any other method is answered with 405 without `Allow`, on any path.
constexpr std::array known_methods{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};

std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        segments.push_back(path.substr(0, path.find('/')));
        path.remove_prefix(segments.back().size());
    }
    // One trailing slash is ignored; a second one is an empty segment, which matches nothing.
    if (!segments.empty() && segments.back().empty()) segments.pop_back();
    return segments;
}

Async<Response> ready(Response response) {
    co_return response;
}

} // namespace

std::string const& Call::parameter(std::string_view name) const {
    auto const found = parameters.find(name);
    if (found == parameters.end())
        throw std::logic_error(fmt::format("the route has no parameter '{}'", name));
    return found->second;
}

/// The routes as a tree of path segments.
struct Router::Table {
    struct Node {
        std::map<std::string, Node, std::less<>> literals;
        std::unique_ptr<Node> parameter; ///< the child for `{name}`
        std::map<std::string, Route const*, std::less<>> methods;
    };

    std::vector<Route> routes;
    Node root;

    /// The node of a path, and the decoded value of every segment that matched a `{name}`. Null
    /// when there is none.
    Node const* find(std::vector<std::string> const& segments,
                     std::vector<std::string>& values) const;
    void insert(Route const& route);
};

void Router::Table::insert(Route const& route) {
    if (!route.pattern.starts_with('/'))
        throw std::logic_error(fmt::format("route '{}' does not begin with /", route.pattern));
    auto* node = &root;
    for (auto const segment : split_path(route.pattern)) {
        if (!segment.starts_with('{')) {
            node = &node->literals[std::string(segment)];
        } else {
            if (!node->parameter) node->parameter = std::make_unique<Node>();
            node = node->parameter.get();
        }
    }
    if (!node->methods.emplace(route.method, &route).second)
        throw std::logic_error(fmt::format("two routes for {} {}", route.method, route.pattern));
}

Router::Table::Node const* Router::Table::find(std::vector<std::string> const& segments,
                                               std::vector<std::string>& values) const {
    auto const* node = &root;
    for (auto const& segment : segments) {
        auto const literal = node->literals.find(segment);
        if (literal != node->literals.end()) {
            node = &literal->second;
            continue;
        }
        // A name that contains a slash would change the meaning of a path built from it.
        bool const usable = !segment.empty() && segment.find('/') == std::string::npos;
        if (!node->parameter || !usable) return nullptr;
        values.push_back(segment);
        node = node->parameter.get();
    }
    return node->methods.empty() ? nullptr : node;
}

namespace {

/// The decoded segments of a path; none on a malformed escape.
std::optional<std::vector<std::string>> decode_path(std::string_view path) {
    std::vector<std::string> decoded;
    for (auto segment : split_path(path)) {
        segment = segment.substr(0, segment.find(';'));
        auto text = percent_decode(segment);
        if (!text) return {};
        decoded.push_back(std::move(*text));
    }
    return decoded;
}

/// The parameter names of a pattern with their values.
std::map<std::string, std::string, std::less<>> bind_values(std::string_view pattern,
                                                            std::vector<std::string> values) {
    std::map<std::string, std::string, std::less<>> parameters;
    std::size_t next = 0;
    for (auto const segment : split_path(pattern))
        if (segment.starts_with('{'))
            parameters.emplace(segment.substr(1, segment.size() - 2), std::move(values[next++]));
    return parameters;
}

template <class Methods> std::string allowed(Methods const& methods) {
    std::string list;
    for (std::string_view const method : known_methods) {
        bool const automatic = method == "OPTIONS" || (method == "HEAD" && methods.contains("GET"));
        if (!automatic && !methods.contains(method)) continue;
        if (!list.empty()) list += ", ";
        list += method;
    }
    return list;
}

} // namespace

Router::Router(std::vector<Route> routes) {
    auto table = std::make_shared<Table>();
    table->routes = std::move(routes);
    for (auto const& route : table->routes) table->insert(route);
    table_ = std::move(table);
}

Router::~Router() = default;
Router::Router(Router const&) = default;
Router& Router::operator=(Router const&) = default;

std::span<Route const> Router::routes() const {
    return table_->routes;
}

std::optional<std::uint64_t> Router::body_limit(std::string_view method,
                                                std::string_view target) const {
    auto const path = target.substr(0, target.find('?'));
    auto const segments = decode_path(path);
    if (!segments) return {};
    std::vector<std::string> values;
    auto const* const node = table_->find(*segments, values);
    if (!node) return {};
    auto const found = node->methods.find(method);
    return found == node->methods.end() ? std::nullopt : found->second->max_body;
}

Async<Response> Router::operator()(Request request, Context context) const {
    std::string_view const target = request.target;
    auto const path = target.substr(0, target.find('?'));
    auto const segments = decode_path(path);
    if (!segments) {
        auto refusal = empty_refusal(400, "the path has a malformed percent escape");
        refusal.headers.add("Connection", "close");
        return ready(std::move(refusal));
    }
    std::string_view method = request.method;
    if (std::ranges::find(known_methods, method) == known_methods.end())
        return ready(empty_refusal(405, "there is no such method"));

    std::vector<std::string> values;
    auto const* node = path.starts_with('/') ? table_->find(*segments, values) : nullptr;
    if (!node) return ready(empty_refusal(404, "there is no such path"));

    auto const& methods = node->methods;
    if (method == "HEAD" && !methods.contains(method)) method = "GET";
    auto const found = methods.find(method);
    if (found == methods.end()) {
        auto answer =
            method == "OPTIONS"
                ? Response{.status = 204}
                : empty_refusal(405, "this path has no such method; Allow names those it has");
        answer.headers.add("Allow", allowed(methods));
        return ready(std::move(answer));
    }

    Call call;
    call.parameters = bind_values(found->second->pattern, std::move(values));
    if (path.size() < target.size()) call.query = Query(target.substr(path.size() + 1));
    call.request = std::move(request);
    call.context = std::move(context);
    return found->second->handle(std::move(call));
}

} // namespace heliosd::net
