// SPDX-License-Identifier: Apache-2.0
#include "store/zk/connect_string.h"

#include "store/node.h"

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

} // namespace heliosd::store
