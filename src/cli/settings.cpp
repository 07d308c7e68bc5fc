// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include "base/text.h"
#include "cli/config.h"
#include "client/solo_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <sstream>

namespace heliosd::cli {

namespace {

struct Targets {
    std::vector<Target> targets;
    std::string source;
};

/// The endpoint in HELIOS_MASTER; empty when it is not set.
Result<std::vector<std::string>> variable_endpoints(Environment const& environment) {
    auto const value = variable(environment, "HELIOS_MASTER");
    if (!value || value->empty()) return {};
    auto const prefix = fmt::format("Your environment variable HELIOS_MASTER={}", *value);
    if (value->find("://") == value->npos) {
        // HOST:PORT needs no scheme.
        if (client::parse_master_address(*value, "HELIOS_MASTER")) return std::vector{*value};
        return fail(Errc::invalid, prefix + " is not a valid URI with a scheme.");
    }
    if (value->starts_with("domain://")) {
        return fail(Errc::invalid, prefix + " names a domain; give the address of a master: "
                                            "http://HOST:PORT");
    }
    if (!value->starts_with("http://") && !value->starts_with("https://"))
        return fail(Errc::invalid, prefix + " does not have a valid scheme.");
    return std::vector{*value};
}

/// A file that cannot be read counts as none.
Result<Config> read_config(Files& files, std::string const& path) {
    auto const text = files.read(path);
    if (!text) return Config{};
    auto config = parse_config(*text);
    if (!config) return std::unexpected(in_context(path, std::move(config.error())));
    return config;
}

Result<Targets> parse_targets(std::vector<std::string> const& texts, std::string_view option,
                              std::string source) {
    Targets found{.source = std::move(source)};
    for (auto const& text : texts) {
        auto address = TRY(client::parse_master_address(text, option));
        if (address.endpoint.scheme == net::Scheme::tls) {
            return fail(Errc::invalid, fmt::format("{}={}: TLS is not supported; use http://, or a "
                                                   "proxy on this machine that adds TLS",
                                                   option, text));
        }
        found.targets.push_back({.name = text, .address = std::move(address)});
    }
    return found;
}

/// The solo daemon that runs on this machine, found by its file.
Targets local_solo(Process const& process, Files& files) {
    auto const runtime_directory = variable(process.environment, "XDG_RUNTIME_DIR").value_or("");
    for (auto const& path : client::solo_file_candidates(runtime_directory, process.uid)) {
        auto const file = client::read_solo_file(files, path);
        if (!file || !*file) continue;
        auto address = client::parse_master_address((*file)->http, path);
        if (!address) continue;
        return {.targets = {{.name = (*file)->http, .address = std::move(*address)}},
                .source = fmt::format("the solo with pid {} ({})", (*file)->pid, path)};
    }
    return {};
}

Result<Targets> find_targets(std::vector<std::string> const& masters, Process const& process,
                             Files& files) {
    auto const from_variable = TRY(variable_endpoints(process.environment));
    auto const home = variable(process.environment, "HOME");
    auto const path = home.value_or("") + "/.helios/config";
    auto const config = home ? TRY(read_config(files, path)) : Config{};

    if (!masters.empty()) return parse_targets(masters, "--master", "the command line");
    if (!from_variable.empty())
        return parse_targets(from_variable, "HELIOS_MASTER", "HELIOS_MASTER");
    if (!config.master_endpoints.empty())
        return parse_targets(config.master_endpoints, "masterEndpoints", path);
    if (!config.domains.empty()) {
        return fail(Errc::invalid, path + ": domains cannot be looked up; put the addresses of "
                                          "masters into masterEndpoints");
    }
    return local_solo(process, files);
}

/// A number of seconds: the option, else the variable.
Result<std::optional<std::int64_t>> seconds_of(std::optional<std::int64_t> option,
                                               Environment const& environment,
                                               std::string_view name) {
    auto const text = variable(environment, name);
    if (option || !text) return option;
    auto const number = options::integer(*text, options::Kind::int32);
    if (!number) {
        return fail(Errc::invalid,
                    fmt::format("For input string: \"{}\" (environment variable {})", *text, name));
    }
    return number;
}

std::string login_user(Process const& process, Files& files) {
    // Not getpwuid: a static binary has no name services beyond this file.
    auto const passwd = files.read("/etc/passwd").value_or("");
    for (auto line : text::split(passwd, '\n')) {
        auto const fields = text::split(line, ':');
        if (fields.size() > 2 && options::integer(fields[2]) == process.uid)
            return std::string(fields[0]);
    }
    for (auto const* name : {"LOGNAME", "USER"}) {
        auto value = variable(process.environment, name);
        if (value && !value->empty()) return *value;
    }
    return fmt::format("uid-{}", process.uid);
}

} // namespace

Result<Settings> make_settings(options::Parsed const& options, Process const& process,
                               Files& files) {
    auto const& environment = process.environment;
    auto const attempt =
        TRY(seconds_of(options.integer("http-timeout"), environment, "HELIOS_CLI_HTTP_TIMEOUT"))
            .value_or(60);
    auto const retries =
        TRY(seconds_of(options.integer("retry-timeout"), environment, "HELIOS_CLI_TOTAL_TIMEOUT"));
    auto found = TRY(find_targets(options.all("master"), process, files));
    auto const user = options.value("username");
    auto const resolv_conf = files.read("/etc/resolv.conf").value_or("");

    // localtime_r alone need not look at TZ.
    ::tzset();
    Settings settings{.targets = std::move(found.targets),
                      .targets_source = std::move(found.source),
                      .user = user ? *user : login_user(process, files),
                      .retry_limit =
                          std::chrono::seconds{std::max<std::int64_t>(retries.value_or(240), 0)},
                      .retry_limit_given = retries.has_value(),
                      .search_domains = search_domains(resolv_conf),
                      .git_commit = variable(environment, "GIT_COMMIT"),
                      .json = options.given("json"),
                      .verbosity = options.count("verbose"),
                      .out_is_terminal = process.out_is_terminal};
    if (attempt > 0) settings.attempt_limit = std::chrono::seconds{attempt};
    return settings;
}

std::size_t help_width(Process const& process) {
    constexpr std::int64_t usual = 79;
    auto const columns =
        options::integer(variable(process.environment, "COLUMNS").value_or("")).value_or(usual);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(columns, 40, 200));
}

std::vector<std::string> search_domains(std::string_view resolv_conf) {
    std::vector<std::string> domains;
    for (auto line : text::split(resolv_conf, '\n')) {
        std::istringstream words{std::string(line)};
        std::string word;
        words >> word;
        if (word != "search" && word != "domain") continue;
        domains.clear();
        while (words >> word) {
            while (word.ends_with('.')) word.pop_back();
            if (!word.empty()) domains.push_back(word);
        }
    }
    return domains;
}

} // namespace heliosd::cli
