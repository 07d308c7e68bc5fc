// SPDX-License-Identifier: Apache-2.0
#include "store/zk/connect_string.h"

#include "store/store.h"

#include <fmt/format.h>

#include <charconv>

namespace heliosd::store {
namespace {

Result<ConnectString::Server> parse_server(std::string_view text) {
    ConnectString::Server server;
    auto const wrong = [&](std::string_view why) {
        return fail(Errc::invalid,
                    fmt::format("ZooKeeper server '{}': {}; expected HOST:PORT", text, why));
    };
    std::string_view port;
    if (text.starts_with('[')) {
        auto const close = text.find(']');
        if (close == std::string_view::npos) return wrong("the ']' is missing");
        server.host = text.substr(1, close - 1);
        auto const rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return wrong("a ':' must follow the ']'");
        port = rest.empty() ? rest : rest.substr(1);
        if (!rest.empty() && port.empty()) return wrong("the port is missing");
    } else if (auto const colon = text.rfind(':'); colon != std::string_view::npos) {
        server.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty()) return wrong("the port is missing");
    } else {
        server.host = text;
    }
    if (server.host.empty()) return wrong("the host is missing");
    if (server.host.find_first_of(" \t\r\n") != std::string::npos)
        return wrong("a host has no white space");
    if (port.empty()) return server;
    int number = 0;
    auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (ec != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535)
        return wrong("the port is not a number from 1 to 65535");
    server.port = static_cast<std::uint16_t>(number);
    return server;
}

/// What needs no name server.
std::vector<asio::ip::address> literal(std::string const& host) {
    if (host == "localhost") return {asio::ip::address_v4::loopback()};
    boost::system::error_code no;
    auto const address = asio::ip::make_address(host, no);
    if (no) return {};
    return {address};
}

} // namespace

Result<ConnectString> parse_connect_string(std::string_view text) {
    ConnectString parsed;
    auto const slash = text.find('/');
    if (slash != std::string_view::npos) {
        auto const chroot = text.substr(slash);
        if (!is_valid_path(chroot))
            return fail(Errc::invalid,
                        fmt::format("ZooKeeper chroot '{}' is not a valid path", chroot));
        if (chroot != "/") parsed.chroot = chroot;
    }
    auto list = text.substr(0, slash);
    while (true) {
        auto const comma = list.find(',');
        auto server = TRY(parse_server(list.substr(0, comma)));
        parsed.servers.push_back(std::move(server));
        if (comma == std::string_view::npos) return parsed;
        list.remove_prefix(comma + 1);
    }
}

Async<Result<std::string>> resolve_servers(std::vector<ConnectString::Server> servers,
                                           Resolve resolve) {
    std::string found;
    Error last{Errc::not_found, "no ZooKeeper server is given"};
    for (auto const& server : servers) {
        auto addresses = literal(server.host);
        if (addresses.empty() && !resolve) {
            last = {Errc::not_found,
                    fmt::format("cannot resolve the ZooKeeper server '{}'", server.host)};
        } else if (addresses.empty()) {
            auto answer = co_await resolve(server.host);
            if (answer)
                addresses = std::move(*answer);
            else
                last =
                    in_context(fmt::format("cannot resolve the ZooKeeper server '{}'", server.host),
                               std::move(answer.error()));
        }
        for (auto const& address : addresses) {
            // The C client takes what follows the last colon as the port, so IPv6 needs no
            // brackets; it would not know what to do with them.
            if (!found.empty()) found += ',';
            found += fmt::format("{}:{}", address.to_string(), server.port);
        }
    }
    if (found.empty()) co_return std::unexpected(std::move(last));
    co_return found;
}

} // namespace heliosd::store
