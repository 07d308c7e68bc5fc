// SPDX-License-Identifier: Apache-2.0
#include "client/address.h"

#include "base/options/options.h"

#include <fmt/format.h>

namespace heliosd::client {

namespace {

constexpr std::string_view wanted_form =
    "Master endpoints must be of the form \"[http|https]://<hostname>:<port>\"";

} // namespace

Result<MasterAddress> parse_master_address(std::string_view text, std::string_view source) {
    auto bad = [&] {
        return fail(Errc::invalid, fmt::format("{}: {}={}", wanted_form, source, text));
    };

    MasterAddress address;
    auto rest = text;
    if (auto scheme = text.find("://"); scheme != text.npos) {
        auto name = text.substr(0, scheme);
        if (name != "http" && name != "https") return bad();
        if (name == "https") address.endpoint.scheme = net::Scheme::tls;
        rest = text.substr(scheme + 3);
    }
    if (auto slash = rest.find('/'); slash != rest.npos) {
        address.prefix = rest.substr(slash);
        while (address.prefix.ends_with('/')) address.prefix.pop_back();
        rest = rest.substr(0, slash);
    }

    auto colon = rest.rfind(':');
    if (colon == rest.npos) return bad();
    auto host = rest.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
        return bad();
    }
    auto port = options::integer(rest.substr(colon + 1), options::Kind::int32);
    auto is_text = host.find_first_of(" \t\r\n@?#") == host.npos;
    if (host.empty() || !is_text || !port || *port < 1 || *port > 65535) return bad();

    address.endpoint.host = host;
    address.endpoint.port = static_cast<std::uint16_t>(*port);
    return address;
}

std::string to_string(MasterAddress const& address) {
    return net::to_string(address.endpoint) + address.prefix;
}

} // namespace heliosd::client
