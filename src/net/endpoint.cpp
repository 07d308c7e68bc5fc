// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include "base/text.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

/// Removes `prefix` from the front of `text`; false when `text` does not begin with it.
bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

bool is_host_character(char c) {
    return text::is_alnum(c) || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c) {
    return is_host_character(c) || c == ':' || c == '%';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return port;
}

/// `host`, `host:port` or `[v6]:port`; without a colon there is no port.
struct Authority {
    std::string_view host;
    std::optional<std::string_view> port;
};

std::optional<Authority> split_authority(std::string_view text) {
    Authority parts;
    bool const bracketed = text.starts_with('[');
    if (bracketed) {
        auto const end = text.find(']');
        if (end == std::string_view::npos) return {};
        parts.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (parts.host.find(':') == std::string_view::npos) return {};
    } else {
        auto const end = text.find(':');
        parts.host = text.substr(0, end);
        text.remove_prefix(parts.host.size());
    }
    for (char const c : parts.host)
        if (bracketed ? !is_address_character(c) : !is_host_character(c)) return {};
    if (text.empty()) return parts;
    if (text.front() != ':') return {};
    parts.port = text.substr(1);
    if (parts.port->find(':') != std::string_view::npos) return {};
    return parts;
}

std::string bracketed(std::string const& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

} // namespace

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port,
                                std::string_view option) {
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid, fmt::format("{}: '{}' {}", option, text, why));
    };
    Endpoint endpoint;
    auto rest = text;

    if (take_prefix(rest, "unix://")) {
        if (!rest.starts_with('/'))
            return refuse("needs an absolute path, such as unix:///var/run/docker.sock");
        // The kernel's limit for the name of a socket file, with its terminating zero.
        if (rest.size() > 107) return refuse("is longer than the 107 bytes a socket path may have");
        if (rest.find('\0') != std::string_view::npos) return refuse("holds a zero byte");
        endpoint.scheme = Scheme::unix_socket;
        endpoint.path = rest;
        return endpoint;
    }
    bool const with_scheme = rest.find("://") != std::string_view::npos;
    if (take_prefix(rest, "https://"))
        endpoint.scheme = Scheme::tls;
    else if (!take_prefix(rest, "http://") && !take_prefix(rest, "tcp://") && with_scheme)
        return refuse("has an unknown scheme: use http://HOST:PORT, tcp://HOST:PORT or "
                      "unix:///PATH");
    if (with_scheme && rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find('/') != std::string_view::npos)
        return refuse("has a path: an endpoint is only a host and a port");

    auto const parts = split_authority(rest);
    if (!parts) return refuse("is not HOST:PORT (an IPv6 address needs brackets: [::1]:PORT)");
    if (parts->host.empty() && !parts->port) return refuse("has no host: use HOST:PORT");
    endpoint.host = parts->host;
    if (!parts->port) {
        if (default_port == 0) return refuse("has no port: use HOST:PORT");
        endpoint.port = default_port;
        return endpoint;
    }
    auto const port = parse_port(*parts->port);
    if (!port) return refuse("has a bad port: use a number up to 65535");
    endpoint.port = *port;
    return endpoint;
}

std::string to_string(Endpoint const& endpoint) {
    switch (endpoint.scheme) {
    case Scheme::unix_socket: return "unix://" + endpoint.path;
    case Scheme::tls: return fmt::format("https://{}:{}", bracketed(endpoint.host), endpoint.port);
    case Scheme::tcp: break;
    }
    return fmt::format("http://{}:{}", bracketed(endpoint.host), endpoint.port);
}

std::string host_header(Endpoint const& endpoint) {
    if (endpoint.scheme == Scheme::unix_socket) return "localhost";
    return fmt::format("{}:{}", bracketed(endpoint.host), endpoint.port);
}

} // namespace heliosd::net
