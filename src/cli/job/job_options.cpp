// SPDX-License-Identifier: Apache-2.0
#include "cli/job/job_options.h"

#include "base/options/options.h"
#include "base/pattern.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace heliosd::cli {

namespace {

/// `text` before and after the first `mark`; nothing after when there is no mark.
std::pair<std::string_view, std::optional<std::string_view>> cut(std::string_view text, char mark) {
    auto place = text.find(mark);
    if (place == text.npos) return {text, std::nullopt};
    return {text.substr(0, place), text.substr(place + 1)};
}

bool is_ip(std::string_view text) {
    auto parts = text::split(text, '.');
    return std::all_of(parts.begin(), parts.end(), [](auto part) {
        bool const leading_zero = part.size() > 1 && part[0] == '0';
        return !leading_zero && options::integer(part).value_or(256) <= 255;
    });
}

Result<std::int32_t> port_number(std::string_view digits) {
    auto number = options::integer(digits, options::Kind::int32);
    if (!number) return fail(Errc::invalid, fmt::format("For input string: \"{}\"", digits));
    return static_cast<std::int32_t>(*number);
}

Result<std::optional<bool>> boolean(std::string_view key, std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return fail(Errc::invalid,
                fmt::format("rollout_options: {} must be true or false, not '{}'", key, text));
}

Result<std::int64_t> number(std::string_view key, std::string_view text, options::Kind kind) {
    auto value = options::integer(text, kind);
    if (!value) {
        return fail(Errc::invalid,
                    fmt::format("rollout_options: {} must be a whole number, not '{}'", key, text));
    }
    return *value;
}

Result<model::HealthCheck> parse_http_check(std::string const& text) {
    auto [port, path] = cut(text, ':');
    if (!path) return fail(Errc::invalid, "Invalid HTTP health check: " + text);
    if (path->empty())
        return fail(Errc::invalid, "You must specify a URL path for an HTTP health check.");
    if (!path->starts_with('/'))
        return fail(Errc::invalid, "The path for an HTTP health check must begin with '/'.");
    if (port.empty())
        return fail(Errc::invalid, "You must specify a port for an HTTP health check.");
    return model::HttpHealthCheck{.path = std::string(*path), .port = std::string(port)};
}

model::ExecHealthCheck parse_exec_check(std::string_view text) {
    // Split at single blanks; the empty text is one empty word [quirk].
    std::vector<std::string> words;
    for (auto word : text::split_java(text, ' ')) words.emplace_back(word);
    return {.command = std::move(words)};
}

} // namespace

Result<std::pair<std::string, model::PortMapping>> parse_port_mapping(std::string_view text) {
    // Groups: name, address, internal and external port, protocol.
    static auto const form =
        Pattern::compile(R"(([\w-]+)=(?:(\d{1,3}(?:\.\d{1,3}){3}):)?(\d+)(?::(\d+))?(?:/(\w+))?\z)")
            .value();
    auto const groups = form.groups_of(text);
    if (!groups) return fail(Errc::invalid, fmt::format("Bad port mapping: {}", text));
    auto const& g = *groups;
    if (!g[2].empty() && !is_ip(g[2]))
        return fail(Errc::invalid, fmt::format("{} is not a valid IP address.", g[2]));
    model::PortMapping port;
    if (!g[2].empty()) port.ip = g[2];
    port.internal_port = TRY(port_number(g[3]));
    if (!g[4].empty()) port.external_port = TRY(port_number(g[4]));
    if (!g[5].empty()) port.protocol = g[5];
    return std::pair(std::string(g[1]), std::move(port));
}

Result<model::PortMap> parse_port_mappings(std::vector<std::string> const& texts) {
    model::PortMap ports;
    for (auto const& text : texts) {
        auto port = TRY(parse_port_mapping(text));
        auto name = port.first;
        if (!ports.insert(std::move(port)).second)
            return fail(Errc::invalid, "Duplicate port mapping name: " + name);
    }
    return ports;
}

Result<Registration> parse_registration(std::string_view text, model::PortMap const& ports) {
    // Groups: service, protocol, port.
    static auto const form =
        Pattern::compile(R"(([A-Za-z][\w-]+)(?:/(\w+))?(?:=([\w-]+))?\z)").value();
    auto const groups = form.groups_of(text);
    if (!groups) return fail(Errc::invalid, fmt::format("Bad registration: {}", text));
    auto const& g = *groups;
    if (ports.empty()) return fail(Errc::invalid, "Need port mappings for service registration.");
    if (g[3].empty() && ports.size() != 1) {
        return fail(Errc::invalid,
                    "Need exactly one port mapping for implicit service registration");
    }
    return Registration{.service = std::string(g[1]),
                        .protocol = std::string(g[2].empty() ? "http" : g[2]),
                        .port = std::string(g[3].empty() ? ports.begin()->first : g[3])};
}

std::pair<std::string, std::string> parse_volume(std::string_view text) {
    auto [source, path] = cut(text, ':');
    if (!path) return {std::string(text), ""};
    return {std::string(*path), std::string(source)};
}

Result<std::optional<model::HealthCheck>> parse_health_check(HealthCheckOptions const& options) {
    bool const http = options.http && !options.http->empty();
    bool const tcp = options.tcp && !options.tcp->empty();
    if (options.exec.has_value() + http + tcp > 1)
        return fail(Errc::invalid, "Only one health check may be specified.");
    if (options.exec) return parse_exec_check(*options.exec);
    if (tcp) return model::TcpHealthCheck{.port = options.tcp};
    if (!http) return std::nullopt;
    return TRY(parse_http_check(*options.http));
}

Result<model::StringMap> parse_key_values(std::string_view field,
                                          std::vector<std::string> const& items) {
    model::StringMap map;
    for (auto const& item : items) {
        auto pair = options::key_value(item);
        if (!pair) {
            return fail(
                Errc::invalid,
                fmt::format("Bad format for {}: '{}', expecting =-delimited pairs", field, item));
        }
        map.insert_or_assign(std::move(pair->first), std::move(pair->second));
    }
    return map;
}

Result<model::RolloutOptions> parse_rollout_options(std::vector<std::string> const& items) {
    auto map = TRY(parse_key_values("rollout_options", items));
    model::RolloutOptions options;
    std::array<std::pair<std::string_view, std::optional<bool>*>, 3> const flags{
        {{"migrate", &options.migrate},
         {"overlap", &options.overlap},
         {"ignoreFailures", &options.ignore_failures}}};
    for (auto const& [key, value] : map) {
        for (auto const& [name, flag] : flags) {
            if (key != name) continue;
            *flag = TRY(boolean(key, value));
        }
        if (key == "token") options.token = value;
        if (key == "timeout") options.timeout = TRY(number(key, value, options::Kind::int64));
        if (key == "parallelism") {
            options.parallelism =
                static_cast<std::int32_t>(TRY(number(key, value, options::Kind::int32)));
        }
    }
    return options;
}

} // namespace heliosd::cli
