// SPDX-License-Identifier: Apache-2.0
#include "client/master_client.h"

#include "net/http/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

// The transport of calls: which master is asked, when a call is repeated, which answers count.
// The calls themselves are in master_calls.cpp.
namespace heliosd::client {

namespace {

/// What a proxy answers when no master is behind it.
constexpr int master_is_down = 502;

constexpr auto single_attempt_limit = std::chrono::seconds{5};

/// As the reference shows an answer in its messages; payloads are cut at 1024 bytes.
std::string shown(std::string const& method, std::string const& target,
                  net::FullResponse const& response) {
    std::string headers;
    for (auto const& [name, value] : response.headers)
        headers += fmt::format("{}{}=[{}]", headers.empty() ? "" : ", ", name, value);
    return fmt::format("Response{{method='{}', uri=http://helios{}, status={}, payload='{}', "
                       "headers={{{}}}}}",
                       method, target, response.status, response.body.substr(0, 1024), headers);
}

/// Whether the master may have carried the request out although we saw no answer.
bool outcome_is_unknown(std::error_code code) {
    return code == Errc::closed || code == Errc::timed_out;
}

/// Whether another attempt may do better. A host that does not exist will not exist in five seconds
/// either, but there may be others.
bool may_be_repeated(std::error_code code, std::size_t addresses) {
    if (code == Errc::not_found) return addresses > 1;
    return outcome_is_unknown(code) || code == Errc::unavailable || code == Errc::io;
}

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

void MasterClient::check_version(net::FullResponse const& response) {
    auto const* status = response.headers.find("Helios-Version-Status");
    if (warned_of_version_ || status == nullptr || *status != "MAYBE") return;
    warned_of_version_ = true;
    auto const* server = response.headers.find("Helios-Server-Version");
    warn(fmt::format("Your Helios client version [{}] is ahead of the server [{}].  This will "
                     "probably work ok but there is the potential for weird things.  If in doubt, "
                     "contact the Helios team if you think the cluster you're connecting to is "
                     "out of date and should be upgraded.",
                     options_.version, server != nullptr ? *server : "unknown"));
}

Async<Result<net::FullResponse>> MasterClient::attempt(Call call, MasterAddress address) {
    net::Request request{.method = call.method, .target = address.prefix + target_of(call)};
    request.headers.add("Helios-Version", options_.version);
    if (!call.body.empty()) {
        request.headers.add("Content-Type", "application/json");
        request.headers.add("Charset", "utf-8");
        request.body = std::move(call.body);
    }
    auto limit = options_.attempt_limit;
    if (call.single_attempt)
        limit = std::min<Duration>(single_attempt_limit, limit.value_or(single_attempt_limit));
    net::CallOptions limits;
    limits.connect_limit = limit.value_or(std::chrono::hours{24});
    limits.idle_limit = limit;
    co_return co_await http_.call(address.endpoint, std::move(request), limits);
}

Async<Result<MasterClient::Reply>> MasterClient::exchange(Call call) {
    if (options_.addresses.empty()) {
        co_return fail(Errc::invalid, "no endpoints found to connect to, check your configuration");
    }
    auto const start = clock_.now();
    auto const target = target_of(call);
    bool maybe_repeated = false;
    for (;;) {
        auto const address = next_address();
        auto const url = to_string(address) + target;
        auto response = co_await attempt(call, address);

        std::string failure;
        if (response && response->status != master_is_down) {
            check_version(*response);
            auto text = shown(call.method, target, *response);
            co_return Reply{.status = response->status,
                            .body = std::move(response->body),
                            .shown = std::move(text),
                            .maybe_repeated = maybe_repeated};
        }
        if (response) {
            maybe_repeated = true;
            failure = fmt::format("Request to {} returned 502, master is down", url);
        } else {
            auto const& error = response.error();
            maybe_repeated = maybe_repeated || outcome_is_unknown(error.code);
            failure = fmt::format("Unable to connect to master: {} ({})", url, error.message);
            if (!may_be_repeated(error.code, options_.addresses.size()))
                co_return fail(error.code, std::move(failure));
        }

        if (call.single_attempt || clock_.now() - start >= options_.retry_limit)
            co_return fail(Errc::unavailable, std::move(failure));
        auto const delay = std::chrono::duration_cast<std::chrono::seconds>(options_.retry_delay);
        warn(fmt::format("{}, retrying in {} seconds", failure, delay.count()));
        co_await clock_.sleep(options_.retry_delay);
    }
}

Async<Result<std::optional<json::Value>>> MasterClient::read(Call call) {
    auto decoded = call.decoded;
    auto reply = CO_TRY(co_await exchange(std::move(call)));
    if (std::find(decoded.begin(), decoded.end(), reply.status) == decoded.end()) {
        if (reply.status == 404) co_return std::optional<json::Value>();
        co_return fail(Errc::invalid, "request failed: " + reply.shown);
    }
    auto document = json::parse(reply.body);
    if (!document) co_return fail(Errc::invalid, "bad reply: " + reply.shown);
    co_return std::optional(std::move(*document));
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
    auto decoded = call.decoded;
    auto reply = CO_TRY(co_await exchange(std::move(call)));
    if (std::find(decoded.begin(), decoded.end(), reply.status) == decoded.end())
        co_return fail(Errc::invalid, "request failed: " + reply.shown);
    auto document = json::parse(reply.body);
    auto* object = document ? document->if_object() : nullptr;
    if (object == nullptr) co_return fail(Errc::invalid, "bad reply: " + reply.shown);
    co_return Answer{.document = std::move(*object), .maybe_repeated = reply.maybe_repeated};
}

std::optional<std::string> Answer::text(std::string_view member) const {
    auto const* value = document.find(member);
    auto const* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

} // namespace heliosd::client
