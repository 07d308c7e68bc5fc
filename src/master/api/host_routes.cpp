// SPDX-License-Identifier: Apache-2.0
// The API on hosts (spec/rest-api.md §4).
#include "base/log.h"
#include "base/pattern.h"
#include "layout/paths.h"
#include "master/api/api.h"
#include "master/api/http_documents.h"
#include "master/api/in_turns.h"
#include "master/view/host_selector.h"
#include "master/view/render.h"

#include <algorithm>

namespace heliosd::master {

namespace {

bool matches(HostEntry const& host, std::vector<HostSelector> const& selectors) {
    return std::ranges::all_of(
        selectors, [&](HostSelector const& selector) { return selector.matches(host.labels); });
}

/// A list of host names as JSON.
class HostList {
public:
    HostList(ClusterView const& view, Pattern const* pattern, std::vector<HostSelector> selectors)
        : view_(view), pattern_(pattern), selectors_(std::move(selectors)) {}

    /// Looks at the next hosts; answers whether there are more. The view may change between two
    /// steps, so it goes on behind the last name.
    bool step() {
        auto const& hosts = view_.listed_hosts();
        auto next = last_ ? hosts.upper_bound(*last_) : hosts.begin();
        for (std::size_t n = 0; n < items_per_turn && next != hosts.end(); ++n, ++next) {
            last_ = *next;
            if (!matches(*view_.host(*next), selectors_)) continue;
            if (pattern_ && !pattern_->found_in(*next)) continue;
            if (!text_.empty()) text_ += ',';
            text_ += json::quoted(*next);
        }
        return next != hosts.end();
    }
    std::string text() const { return '[' + text_ + ']'; }

private:
    ClusterView const& view_;
    Pattern const* pattern_;
    std::vector<HostSelector> selectors_;
    std::optional<std::string> last_;
    std::string text_;
};

std::expected<std::vector<std::string>, net::Response> read_hosts(net::Request const& request) {
    auto document = TRY(read_document(request));
    auto const* const list = document.if_array();
    if (!list) return std::unexpected(message(400, "the body must be a list of host names"));
    std::vector<std::string> names;
    for (auto const& element : *list) {
        if (element.is_null()) continue;
        auto const* const name = element.if_string();
        if (!name) return std::unexpected(message(400, "every host name must be a string"));
        names.push_back(*name);
    }
    return names;
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

    HostList list(mirror_.view(), name_pattern.empty() ? nullptr : &*pattern, std::move(selectors));
    co_await in_turns([&list] { return list.step(); });
    if (pattern->gave_up()) co_return too_costly("namePattern");
    co_return json_body(200, list.text());
}

Async<net::Response> Api::host_status(Call call) {
    auto const name = call.parameter("host");
    HostFilter const filter{parameter(call, "status")};
    auto const* const known = mirror_.view().host(name);
    if (store::is_node_name(name) && (!known || !known->registration_id)) {
        auto unconfirmed = co_await confirm_absence(layout::host_id(name), call.context.deadline);
        if (unconfirmed) co_return std::move(*unconfirmed);
    }
    auto text = host_status_text(mirror_.view(), name, filter);
    if (!text) co_return refusal(404, "there is no such host with that status");
    co_return json_body(200, std::move(*text));
}

Async<net::Response> Api::host_statuses(Call call) {
    auto names = read_hosts(call.request);
    if (!names) co_return std::move(names.error());
    auto sorted = co_await sort_in_turns(std::move(*names));
    HostFilter filter{parameter(call, "status")};
    co_return json_body(200,
                        host_statuses_body(mirror_.view(), std::move(sorted), std::move(filter)));
}

Async<net::Response> Api::register_host(Call call) {
    auto const name = call.parameter("host");
    auto const id = parameter(call, "id");
    if (!store::is_node_name(name))
        co_return message(400, "a host name must not be empty and must not contain '/'");
    if (id.empty())
        co_return json_response(400, json::Object{{"status", "INVALID_ID"}, {"host", name}});
    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.register_host(name, id, written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome) co_return failure("registering host " + name, outcome.error(), written);
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
    auto const written = std::make_shared<WriteLog>();
    auto work = writer_.deregister_host(name, written);
    auto const outcome = co_await write(std::move(work), written, call.context.deadline);
    if (!outcome) co_return failure("removing host " + name, outcome.error(), written);
    if (*outcome == DeregisterOutcome::not_found) co_return answer(404, "NOT_FOUND");
    log::info("master", "removed host={:?} user={:?}", name, parameter(call, "user"));
    co_return answer(200, "OK");
}

} // namespace heliosd::master
