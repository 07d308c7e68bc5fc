// SPDX-License-Identifier: Apache-2.0
#include "agent/options.h"

#include "store/node.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace heliosd::agent {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<int> integer(std::string_view text) {
    int value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_address(std::string_view text) {
    boost::system::error_code bad;
    (void)boost::asio::ip::make_address(std::string(text), bad);
    return !bad;
}

bool is_bind(std::string_view text) {
    auto const parts = split(text, ':');
    bool const has_empty = std::ranges::any_of(parts, [](auto part) { return part.empty(); });
    if (has_empty || parts.size() > 3) return false;
    return parts.size() < 3 || parts[2] == "ro" || parts[2] == "rw";
}

bool is_extra_host(std::string_view text) {
    auto const parts = split(text, ':');
    return parts.size() == 2 && is_address(parts[1]);
}

Result<model::StringMap> key_values(std::vector<std::string> const& words,
                                    std::string_view option) {
    model::StringMap values;
    for (auto const& word : words) {
        auto const equals = word.find('=');
        if (equals == std::string::npos)
            return fail(Errc::invalid, fmt::format("Bad {} value: {}", option, word));
        values[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return values;
}

Result<> check_all(std::vector<std::string> const& words, bool (*good)(std::string_view),
                   std::string_view complaint) {
    for (auto const& word : words)
        if (!good(word)) return fail(Errc::invalid, fmt::format("{} {}", complaint, word));
    return {};
}

} // namespace

Result<PortRange> parse_port_range(std::string_view text) {
    auto const parts = split(text, ':');
    auto const start = parts.size() == 2 ? integer(parts[0]) : std::nullopt;
    auto const end = parts.size() == 2 ? integer(parts[1]) : std::nullopt;
    if (!start || !end || *end <= *start || *start < 1 || *end > 65536)
        return fail(Errc::invalid, fmt::format("Bad port range: {}", text));
    return PortRange{*start, *end};
}

Result<model::StringMap> parse_env(std::vector<std::string> const& words) {
    return key_values(words, "--env");
}

Result<model::StringMap> parse_labels(std::vector<std::string> const& words) {
    auto labels = key_values(words, "--labels");
    if (!labels) labels.error().message += "\nLabels need to be in the format key=value.";
    return labels;
}

Result<> check_dns(std::vector<std::string> const& words) {
    return check_all(words, is_address, "Invalid IP address");
}

Result<> check_binds(std::vector<std::string> const& words) {
    return check_all(words, is_bind, "Invalid bind");
}

Result<> check_extra_hosts(std::vector<std::string> const& words) {
    return check_all(words, is_extra_host, "Invalid ExtraHost");
}

Result<> check_name(std::string_view name) {
    if (store::is_node_name(name)) return {};
    return fail(Errc::invalid, fmt::format("\"{}\" cannot be the name of a host: it must not be "
                                           "empty, \".\" or \"..\", nor hold \"/\" or control "
                                           "characters",
                                           name));
}

} // namespace heliosd::agent
