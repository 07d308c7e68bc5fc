// SPDX-License-Identifier: Apache-2.0
#include "agent/options.h"

#include "base/options/options.h"
#include "base/text.h"
#include "store/node.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace heliosd::agent {
namespace {

bool is_address(std::string_view text) {
    boost::system::error_code bad;
    (void)boost::asio::ip::make_address(std::string(text), bad);
    return !bad;
}

bool is_bind(std::string_view text) {
    auto const parts = text::split(text, ':');
    bool const has_empty = std::ranges::any_of(parts, [](auto part) { return part.empty(); });
    if (has_empty || parts.size() > 3) return false;
    return parts.size() < 3 || parts[2] == "ro" || parts[2] == "rw";
}

bool is_extra_host(std::string_view text) {
    auto const parts = text::split(text, ':');
    return parts.size() == 2 && is_address(parts[1]);
}

Result<KeyValue> key_value(std::string_view word, std::string_view option) {
    if (auto pair = options::key_value(word)) return *std::move(pair);
    return fail(Errc::invalid, fmt::format("Bad {} value: {}", option, word));
}

Result<std::string> checked(std::string_view word, bool good, std::string_view complaint) {
    if (good) return std::string(word);
    return fail(Errc::invalid, fmt::format("{} {}", complaint, word));
}

} // namespace

Result<PortRange> parse_port_range(std::string_view text) {
    auto const parts = text::split(text, ':');
    auto const start = options::integer(parts.front(), options::Kind::int32).value_or(0);
    auto const end = options::integer(parts.back(), options::Kind::int32).value_or(0);
    if (parts.size() != 2 || start < 1 || end <= start || end > 65536)
        return fail(Errc::invalid, fmt::format("Bad port range: {}", text));
    return PortRange{static_cast<int>(start), static_cast<int>(end)};
}

Result<KeyValue> parse_env(std::string_view word) {
    return key_value(word, "--env");
}

Result<KeyValue> parse_label(std::string_view word) {
    auto label = key_value(word, "--labels");
    if (!label) label.error().message += "\nLabels need to be in the format key=value.";
    return label;
}

Result<std::string> parse_dns(std::string_view word) {
    return checked(word, is_address(word), "Invalid IP address");
}

Result<std::string> parse_bind(std::string_view word) {
    return checked(word, is_bind(word), "Invalid bind");
}

Result<std::string> parse_extra_host(std::string_view word) {
    return checked(word, is_extra_host(word), "Invalid ExtraHost");
}

Result<> check_name(std::string_view name) {
    if (store::is_node_name(name)) return {};
    return fail(Errc::invalid, fmt::format("\"{}\" cannot be the name of a host: it must not be "
                                           "empty, \".\" or \"..\", nor hold \"/\" or control "
                                           "characters",
                                           name));
}

} // namespace heliosd::agent
