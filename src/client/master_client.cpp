// SPDX-License-Identifier: Apache-2.0
#include "client/master_client.h"

#include "base/async/within.h"
#include "net/http/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// The transport of calls: which master is asked, when a call is repeated, which answers count.
// The calls themselves are in master_calls.cpp.
namespace heliosd::client {

namespace {

constexpr auto single_attempt_limit = std::chrono::seconds{5};

} // namespace

MasterClient::MasterClient(net::HttpClient& http, Clock& clock, Rng& rng, Options options)
    : http_(http), clock_(clock), options_(std::move(options)) {
    if (!options_.addresses.empty()) turn_ = rng.below(options_.addresses.size());
}

MasterAddress const& MasterClient::next_address() {
    auto const& address = options_.addresses[turn_];
    turn_ = (turn_ + 1) % options_.addresses.size();
    return address;
}

std::string MasterClient::target_of(Call const& call) const {
    auto target = call.path;
    auto separator = '?';
    auto add = [&](std::string const& name, std::string const& value) {
        target += fmt::format("{}{}={}", separator, name, net::percent_encode(value, ":/,"));
        separator = '&';
    };
    for (auto const& [name, value] : call.parameters) add(name, value);
    add("user", options_.user);
    return target;
}

void MasterClient::warn(std::string const& sentence) const {
    if (options_.warn) options_.warn(sentence);
}

void MasterClient::read_notices(net::FullResponse const& response) {
    auto const stale = stale_for(response);
    if (stale && options_.stale && !std::exchange(reported_stale_, true)) options_.stale(*stale);

    auto const* status = response.headers.find("Helios-Version-Status");
    if (status == nullptr || *status != "MAYBE" || std::exchange(reported_version_, true)) return;
    auto const* server = response.headers.find("Helios-Server-Version");
    warn(fmt::format("Your Helios client version [{}] is ahead of the server [{}].  This will "
                     "probably work ok but there is the potential for weird things.  If in doubt, "
                     "contact the Helios team if you think the cluster you're connecting to is "
                     "out of date and should be upgraded.",
                     options_.version, server != nullptr ? *server : "unknown"));
}

Async<Result<net::FullResponse>> MasterClient::send(Call call, Attempt attempt,
                                                    SteadyTime last_start) {
    auto const target = attempt.address.prefix + attempt.target;
    net::Request request{.method = std::move(call.method), .target = target};
    request.headers.add("Helios-Version", options_.version);
    if (!call.body.empty()) {
        request.headers.add("Content-Type", "application/json");
        request.headers.add("Charset", "utf-8");
        request.body = std::move(call.body);
    }
    auto limit = options_.attempt_limit;
    if (call.single_attempt)
        limit = std::min<Duration>(single_attempt_limit, limit.value_or(single_attempt_limit));
    net::CallOptions limits{.connect_limit = limit.value_or(std::chrono::hours{24}),
                            .idle_limit = limit,
                            .max_body = options_.answer_limit};
    auto response = http_.call(attempt.address.endpoint, std::move(request), limits);
    if (!limit) co_return co_await std::move(response);
    // An answer that trickles in keeps resetting the limit of idleness.
    auto const retries = call.single_attempt ? Duration{} : last_start - clock_.now();
    auto const total = *limit + std::max<Duration>(retries, Duration{});
    co_return co_await within(clock_, total, std::move(response));
}

Async<Result<MasterClient::Reply>> MasterClient::exchange(Call call) {
    if (options_.addresses.empty()) {
        co_return fail(Errc::invalid, "no endpoints found to connect to, check your configuration");
    }
    Attempt attempt{.method = call.method,
                    .target = target_of(call),
                    .only_address = options_.addresses.size() == 1,
                    .repeat_refused = options_.repeat_refused};
    auto const last_start = clock_.now() + options_.retry_limit;
    for (;;) {
        attempt.address = next_address();
        auto response = co_await send(call, attempt, last_start);
        auto const failure = failure_of(attempt, response);
        if (!failure) {
            read_notices(*response);
            auto text = shown(attempt, *response);
            co_return Reply{.status = response->status,
                            .body = std::move(response->body),
                            .shown = std::move(text),
                            .maybe_repeated = attempt.maybe_done};
        }
        attempt.maybe_done = attempt.maybe_done || failure->maybe_done;
        if (!failure->repeatable) co_return std::unexpected(failure->error);
        if (call.single_attempt || clock_.now() >= last_start)
            co_return fail(Errc::unavailable, failure->error.message);
        auto const delay = std::chrono::duration_cast<std::chrono::seconds>(options_.retry_delay);
        warn(fmt::format("{}, retrying in {} seconds", failure->error.message, delay.count()));
        co_await clock_.sleep(options_.retry_delay);
    }
}

Result<json::Value> MasterClient::document_of(Reply const& reply) const {
    auto document = json::parse(reply.body, {.bytes = options_.answer_limit});
    if (!document) return fail(Errc::invalid, "bad reply: " + reply.shown);
    return document;
}

Async<Result<std::optional<json::Value>>> MasterClient::read(Call call) {
    auto const decoded = call.decoded;
    auto const reply = CO_TRY(co_await exchange(std::move(call)));
    if (std::ranges::find(decoded, reply.status) == decoded.end()) {
        if (reply.status == 404) co_return std::nullopt;
        co_return fail(Errc::invalid, "request failed: " + reply.shown);
    }
    co_return document_of(reply);
}

Async<Result<json::Value>> MasterClient::read_present(Call call) {
    auto path = call.path;
    auto document = CO_TRY(co_await read(std::move(call)));
    if (!document) {
        co_return fail(Errc::not_found,
                       fmt::format("{} answers 404 to {}: is this the address of a Helios master?",
                                   to_string(options_.addresses.front()), path));
    }
    co_return std::move(*document);
}

Async<Result<Answer>> MasterClient::change(Call call) {
    auto const decoded = call.decoded;
    auto const reply = CO_TRY(co_await exchange(std::move(call)));
    if (std::ranges::find(decoded, reply.status) == decoded.end())
        co_return fail(Errc::invalid, "request failed: " + reply.shown);
    auto document = CO_TRY(document_of(reply));
    if (document.if_object() == nullptr) co_return fail(Errc::invalid, "bad reply: " + reply.shown);
    co_return Answer{.document = std::move(*document.if_object()),
                     .maybe_repeated = reply.maybe_repeated};
}

std::optional<std::string> Answer::text(std::string_view member) const {
    auto const* value = document.find(member);
    auto const* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

} // namespace heliosd::client
