// SPDX-License-Identifier: Apache-2.0
#include "cli/targets.h"

#include "cli/config.h"
#include "client/solo_file.h"

#include <fmt/format.h>

namespace heliosd::cli {

namespace {

/// What the variable names; empty when it is not set.
Result<std::vector<std::string>> variable_endpoints(Environment const& environment) {
    auto const value = variable(environment, "HELIOS_MASTER");
    if (!value || value->empty()) return {};
    auto const said = fmt::format("Your environment variable HELIOS_MASTER={}", *value);
    auto const scheme = value->find("://");
    if (scheme == value->npos) {
        // HOST:PORT needs no scheme.
        if (client::parse_master_address(*value, "HELIOS_MASTER")) return std::vector{*value};
        return fail(Errc::invalid, said + " is not a valid URI with a scheme.");
    }
    if (value->starts_with("domain://")) {
        return fail(Errc::invalid, said + " names a domain; give the address of a master: "
                                          "http://HOST:PORT");
    }
    if (!value->starts_with("http://") && !value->starts_with("https://"))
        return fail(Errc::invalid, said + " does not have a valid scheme.");
    return std::vector{*value};
}

Result<Config> read_config(Surroundings& world, std::string const& path) {
    auto text = world.files.read(path);
    // A file that cannot be read counts as none.
    if (!text) return Config{};
    auto config = parse_config(*text);
    if (!config) return std::unexpected(in_context(path, std::move(config.error())));
    return config;
}

Result<Targets> named(std::vector<std::string> const& texts, std::string_view option,
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

/// A solo that runs on this machine and says so.
Targets local_solo(Surroundings& world) {
    for (auto const& path : client::solo_file_candidates(world.environment, world.uid)) {
        auto file = client::read_solo_file(world.files, path);
        if (!file || !*file) continue;
        auto address = client::parse_master_address((*file)->http, path);
        if (!address) continue;
        return {.targets = {{.name = (*file)->http, .address = std::move(*address)}},
                .source = fmt::format("the solo with pid {} ({})", (*file)->pid, path)};
    }
    return {};
}

} // namespace

Result<Targets> find_targets(Surroundings& world, std::vector<std::string> const& masters) {
    auto from_variable = TRY(variable_endpoints(world.environment));
    auto const home = variable(world.environment, "HOME");
    auto const path = home.value_or("") + "/.helios/config";
    auto config = home ? read_config(world, path) : Config{};
    if (!config) return std::unexpected(config.error());

    if (!masters.empty()) return named(masters, "--master", "the command line");
    if (!from_variable.empty()) return named(from_variable, "HELIOS_MASTER", "HELIOS_MASTER");
    if (!config->master_endpoints.empty())
        return named(config->master_endpoints, "masterEndpoints", path);
    if (!config->domains.empty()) {
        return fail(Errc::invalid, path + ": domains cannot be looked up; put the addresses of "
                                          "masters into masterEndpoints");
    }
    return local_solo(world);
}

} // namespace heliosd::cli
