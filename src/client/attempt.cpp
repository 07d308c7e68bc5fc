// SPDX-License-Identifier: Apache-2.0
#include "client/attempt.h"

#include "base/options/options.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::client {

namespace {

/// What a proxy answers when no master is behind it.
constexpr int master_is_down = 502;
/// Payloads are cut there in messages, as in the reference.
constexpr std::size_t shown_payload = 1024;
constexpr std::size_t shown_words = 80;

bool is_loopback(std::string const& host) {
    auto const numeric = host.find_first_not_of("0123456789.") == host.npos;
    return host == "localhost" || host == "::1" || (numeric && host.starts_with("127."));
}

/// A change that timed out in the store: the master cannot say whether it was made. While it cannot
/// reach the store, its answers to further attempts do not say so either.
bool is_outcome_unknown(Attempt const& attempt, net::FullResponse const& response) {
    if (attempt.method == "GET" || (response.status != 500 && response.status != 503)) return false;
    return attempt.maybe_done ||
           response.body.find("may or may not have been made") != std::string::npos;
}

/// Masters put their version on every answer; one that comes as JSON may still be an old master's.
bool is_foreign(net::FullResponse const& response) {
    bool const helios =
        std::any_of(response.headers.begin(), response.headers.end(), [](auto const& field) {
            return text::to_lower(field.first).starts_with("helios-");
        });
    auto const* type = response.headers.find("Content-Type");
    return !helios && type != nullptr && text::to_lower(*type).find("json") == std::string::npos;
}

/// The beginning of a text in one line, without markup.
std::string first_words(std::string_view body) {
    std::string words;
    bool in_tag = false;
    for (char c : body.substr(0, shown_payload)) {
        in_tag = in_tag || c == '<';
        bool const gap = in_tag || text::is_blank(c) || static_cast<unsigned char>(c) < 0x20;
        if (!gap) {
            words += c;
        } else if (!words.empty() && words.back() != ' ') {
            words += ' ';
        }
        in_tag = in_tag && c != '>';
    }
    if (words.size() <= shown_words) return std::string(text::trim(words));
    auto end = std::min(words.rfind(' ', shown_words), shown_words);
    while ((words[end] & 0xc0) == 0x80) --end; // not within a UTF-8 sequence
    return words.substr(0, end) + " ...";
}

} // namespace

std::optional<Failure> failure_of(Attempt const& attempt,
                                  Result<net::FullResponse> const& response) {
    auto const url = attempt.url();
    auto not_settled = [](std::string sentence) {
        return Failure{{Errc::unavailable, std::move(sentence)}, true, true};
    };
    if (response && response->status == master_is_down)
        return not_settled(fmt::format("Request to {} returned 502, master is down", url));
    if (response && is_outcome_unknown(attempt, *response)) {
        return not_settled(fmt::format("Request to {} got no answer from ZooKeeper in time, so the "
                                       "change may or may not have been made",
                                       url));
    }
    if (response) return std::nullopt;

    auto const& [code, reason] = response.error();
    auto failure = [&](std::string sentence, bool repeatable) {
        return Failure{.error = {code, std::move(sentence)},
                       .repeatable = repeatable,
                       .maybe_done = code == Errc::closed || code == Errc::timed_out};
    };
    auto const unable = fmt::format("Unable to connect to master: {} ({})", url, reason);
    if (code == Errc::too_large) {
        return failure(fmt::format("The answer to {} is too large ({}); ask for less, with a "
                                   "pattern or with --job and --host",
                                   url, reason),
                       false);
    }
    if (code == Errc::closed) {
        return failure(fmt::format("Unexpected error connecting to {}: the connection broke in "
                                   "mid-answer ({})",
                                   url, reason),
                       true);
    }
    if (code == Errc::invalid)
        return failure(unable + "; is this the address of a Helios master?", false);
    if (code == Errc::not_found) return failure(unable, !attempt.only_address);
    if (code == Errc::unavailable && is_loopback(attempt.address.endpoint.host) &&
        attempt.only_address && !attempt.repeat_refused)
        return failure(unable + "; nothing listens there", false);
    return failure(unable,
                   code == Errc::timed_out || code == Errc::io || code == Errc::unavailable);
}

std::string shown(Attempt const& attempt, net::FullResponse const& response) {
    if (is_foreign(response)) {
        auto const words = first_words(response.body);
        return fmt::format("{} answers {} {} with {}{}; is this the address of a Helios master?",
                           attempt.url(), response.status, net::reason_phrase(response.status),
                           *response.headers.find("Content-Type"),
                           words.empty() ? "" : fmt::format(": \"{}\"", words));
    }
    std::string headers;
    for (auto const& [name, value] : response.headers)
        headers += fmt::format("{}{}=[{}]", headers.empty() ? "" : ", ", name, value);
    return fmt::format("Response{{method='{}', uri=http://helios{}, status={}, payload='{}', "
                       "headers={{{}}}}}",
                       attempt.method, attempt.target, response.status,
                       response.body.substr(0, shown_payload), headers);
}

std::optional<std::chrono::seconds> stale_for(net::FullResponse const& response) {
    auto const* age = response.headers.find("X-Helios-Stale");
    auto const seconds = age != nullptr ? options::integer(*age) : std::nullopt;
    if (!seconds) return std::nullopt;
    return std::chrono::seconds{*seconds};
}

} // namespace heliosd::client
