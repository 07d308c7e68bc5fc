// SPDX-License-Identifier: Apache-2.0
// The API on hosts (spec/rest-api.md §4).
#include "base/log.h"
#include "base/pattern.h"
#include "layout/paths.h"
#include "master/api/api.h"
#include "master/api/http_documents.h"
#include "master/view/host_order.h"
#include "master/view/host_selector.h"
#include "master/view/render.h"

#include <algorithm>

namespace heliosd::master {

namespace {

/// `status` is `UP` or `DOWN`, exactly; empty is no filter.
bool passes(HostEntry const& host, std::string const& status) {
    return status.empty() || status == (host.up ? "UP" : "DOWN");
}

std::optional<std::string> status_text(ClusterView const& view, std::string const& name,
                                       std::string const& status) {
    auto const* const host = view.host(name);
    if (!host || !host->registered || !passes(*host, status)) return std::nullopt;
    return host_status_text(*host);
}

bool matches(HostEntry const& host, std::vector<HostSelector> const& selectors) {
    return std::ranges::all_of(
        selectors, [&](HostSelector const& selector) { return selector.matches(host.labels); });
}

std::expected<std::vector<std::string>, net::Response> read_hosts(net::Request const& request) {
    auto document = TRY(read_document(request));
    auto const* const list = document.if_array();
    if (!list) return std::unexpected(message(400, "the body must be a list of host names"));
    std::set<std::string, model::Utf16Less> names;
    for (auto const& element : *list) {
        if (element.is_null()) continue;
        auto const* const name = element.if_string();
        if (!name) return std::unexpected(message(400, "every host name must be a string"));
        names.insert(*name);
    }
    return std::vector(names.begin(), names.end());
}

} // namespace

Async<net::Response> Api::list_hosts(Call call) {
    auto const name_pattern = parameter(call, "namePattern");
    std::vector<HostSelector> selectors;
    for (auto const& text : call.query.all("selector")) {
        auto selector = HostSelector::parse(text);
        if (!selector) co_return text_error("Invalid host selector: " + text);
        selectors.push_back(std::move(*selector));
    }
    auto const pattern = Pattern::compile(name_pattern);
    if (!pattern) co_return message(400, "namePattern: " + pattern.error().message);
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);

    std::vector<std::string> names;
    for (auto const& [name, host] : mirror_.view().hosts()) {
        if (!host.configured || !matches(host, selectors)) continue;
        if (name_pattern.empty() || pattern->found_in(name)) names.push_back(name);
    }
    if (pattern->gave_up()) co_return too_costly("namePattern");
    std::ranges::sort(names, host_less);
    json::Array list;
    for (auto& name : names) list.emplace_back(std::move(name));
    co_return json_response(200, std::move(list));
}

Async<net::Response> Api::host_status(Call call) {
    auto const name = call.parameter("host");
    auto const status = parameter(call, "status");
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    if (!store::is_node_name(name)) co_return empty(404);
    auto const* const known = mirror_.view().host(name);
    if (!known || !known->registered) co_await mirror_.confirm_absence(layout::host_id(name));
    auto text = status_text(mirror_.view(), name, status);
    if (!text) co_return empty(404);
    co_return json_body(200, std::move(*text));
}

Async<net::Response> Api::host_statuses(Call call) {
    auto names = read_hosts(call.request);
    if (!names) co_return std::move(names.error());
    auto const status = parameter(call, "status");
    auto refusal = co_await not_ready();
    if (refusal) co_return std::move(*refusal);
    auto const& view = mirror_.view();
    co_return json_body(200,
                        object_body(std::move(*names), [&view, status](std::string const& name) {
                            return status_text(view, name, status);
                        }));
}

Async<net::Response> Api::register_host(Call call) {
    auto const name = call.parameter("host");
    auto const id = parameter(call, "id");
    if (!store::is_node_name(name))
        co_return message(400, "a host name must not be empty and must not contain '/'");
    if (id.empty())
        co_return json_response(400, json::Object{{"status", "INVALID_ID"}, {"host", name}});
    auto work = writer_.register_host(name, id);
    std::vector<std::string> touched{layout::host(name), layout::host_id(name),
                                     layout::host_jobs(name), layout::status_host(name),
                                     layout::status_jobs(name)};
    auto const outcome = co_await write(std::move(work), std::move(touched));
    if (!outcome) co_return failure("registering host " + name, outcome.error());
    if (*outcome == RegisterOutcome::other_id) {
        co_return message(409, fmt::format("host {} is registered with another id; remove it first "
                                           "if that one is gone for good",
                                           name));
    }
    log::info("master", "registered host={:?} user={:?}", name, parameter(call, "user"));
    co_return json_body(200, "\"OK\"");
}

Async<net::Response> Api::deregister_host(Call call) {
    auto const name = call.parameter("host");
    auto const answer = [&name](int status, std::string_view word) {
        return json_response(status, json::Object{{"status", word}, {"host", name}});
    };
    std::vector<std::string> touched;
    if (store::is_node_name(name)) {
        touched = {layout::host(name), layout::host_id(name), layout::host_jobs(name),
                   layout::status_host(name), layout::status_up(name)};
        if (auto const* const host = mirror_.view().host(name)) {
            for (auto const& [job, task] : host->tasks)
                touched.push_back(layout::host_job(name, job));
            for (auto const& [job, status] : host->statuses)
                touched.push_back(layout::status_job(name, job));
        }
    }
    auto work = writer_.deregister_host(name);
    auto const outcome = co_await write(std::move(work), std::move(touched));
    if (!outcome) co_return failure("removing host " + name, outcome.error());
    if (*outcome == DeregisterOutcome::not_found) co_return answer(404, "NOT_FOUND");
    log::info("master", "removed host={:?} user={:?}", name, parameter(call, "user"));
    co_return answer(200, "OK");
}

} // namespace heliosd::master
