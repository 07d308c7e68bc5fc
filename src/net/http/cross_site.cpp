// SPDX-License-Identifier: Apache-2.0
#include "net/http/cross_site.h"

#include "base/text.h"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

/// The host of `host`, `host:port` or `[v6]:port`, without a final dot.
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    auto const host = authority.substr(0, authority.find(':'));
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

bool is_address(std::string_view host) {
    boost::system::error_code ec;
    asio::ip::make_address(std::string(host), ec);
    return !ec;
}

bool contains(std::vector<std::string> const& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

bool is_own_host(std::vector<std::string> const& names, std::string_view host) {
    return is_address(host) || contains(names, text::to_lower(host));
}

/// The words of a line of a configuration file, without its comment.
std::vector<std::string> words_of(std::string_view line) {
    line = line.substr(0, line.find_first_of("#;"));
    std::vector<std::string> words;
    while (!line.empty()) {
        auto const begin = std::ranges::find_if_not(line, text::is_blank);
        auto const end = std::find_if(begin, line.end(), text::is_blank);
        if (begin != end) words.push_back(text::to_lower(std::string_view(begin, end)));
        line = std::string_view(end, line.end());
    }
    return words;
}

void add_missing(std::vector<std::string>& list, std::string text) {
    if (!contains(list, text)) list.push_back(std::move(text));
}

} // namespace

std::optional<std::string> parse_origin(std::string_view text) {
    auto origin = text::to_lower(text);
    auto const scheme = origin.find("://");
    if (scheme == 0 || scheme == std::string::npos) return {};
    auto const authority = std::string_view(origin).substr(scheme + 3);
    if (authority.empty() || authority.find_first_of("/?#@, \t") != std::string_view::npos)
        return {};
    return origin;
}

bool is_allowed_origin(std::vector<std::string> const& allowed, std::string_view origin) {
    return contains(allowed, text::to_lower(origin));
}

std::optional<std::string> refuse_cross_site(CrossSitePolicy const& policy, std::string_view method,
                                             Headers const& headers) {
    auto const* const host = headers.find("Host");
    if (policy.host_names && host && !is_own_host(*policy.host_names, host_of(*host)))
        return fmt::format("'{}' is no name of this machine: use its address, localhost or its "
                           "host name",
                           *host);
    auto const* const origin = headers.find("Origin");
    if (origin && is_allowed_origin(policy.allowed_origins, *origin)) return {};
    if (origin) {
        // A page that this server itself delivered. Behind a proxy that ends TLS it is https.
        auto const own = host ? text::to_lower(*host) : std::string();
        auto const lower = text::to_lower(*origin);
        bool const is_own = host && (lower == "http://" + own || lower == "https://" + own);
        if (!is_own)
            return fmt::format("requests of pages of '{}' are refused; to allow them, start the "
                               "daemon with --allowed-origin {}",
                               *origin, *origin);
    }
    auto const* const site = headers.find("Sec-Fetch-Site");
    if (!site || text::to_lower(*site) != "cross-site") return {};
    // A link that the user followed: the page that has it cannot read the answer.
    auto const* const mode = headers.find("Sec-Fetch-Mode");
    if (method == "GET" && mode && text::to_lower(*mode) == "navigate") return {};
    return "requests that a page of another site causes are refused";
}

std::vector<std::string> machine_names(std::vector<std::string> const& names,
                                       std::string_view hosts) {
    std::vector<std::string> all{"localhost"};
    for (auto const& name : names)
        if (!name.empty()) add_missing(all, text::to_lower(name));
    auto const known = all;
    for (auto const line : text::split(hosts, '\n')) {
        auto const words = words_of(line);
        if (words.size() < 2) continue;
        bool const ours = std::any_of(words.begin() + 1, words.end(),
                                      [&](auto const& word) { return contains(known, word); });
        if (!ours) continue;
        for (std::size_t i = 1; i < words.size(); ++i) add_missing(all, words[i]);
    }
    return all;
}

} // namespace heliosd::net
