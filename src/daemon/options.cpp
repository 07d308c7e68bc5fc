// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include "base/options/typed.h"
#include "client/solo_file.h"
#include "docker/engine_http.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

using options::Kind;
using options::Option;
using options::OptionSet;
using options::Parsed;
using options::Takes;
using options::this_option;
using options::Type;
using options::typed;

constexpr int most_minutes = 1'000'000;
constexpr std::string_view default_docker = "unix:///var/run/docker.sock";

Result<std::string> parse_name(std::string_view text) {
    auto const named = agent::check_name(text);
    if (!named) return std::unexpected(in_context(std::string(this_option), named.error()));
    return std::string(text);
}

Result<net::Endpoint> parse_address(std::string_view text) {
    return net::parse_endpoint(text, 0, this_option);
}

/// The engine as hosts show it, and where it is: `unix://PATH`, `tcp://HOST[:PORT]`, and what the
/// reference takes besides, a bare host and port.
struct Docker {
    std::string text;
    net::Endpoint endpoint;
};
Result<Docker> parse_docker(std::string_view text) {
    auto endpoint = TRY(docker::parse_docker_endpoint(text, this_option));
    return Docker{std::string(text), std::move(endpoint)};
}

Result<Duration> parse_session_timeout(std::string_view text) {
    auto const ms = TRY(options::read_integer(text, Kind::int32));
    if (ms > 0) return std::chrono::milliseconds(ms);
    return fail(Errc::invalid, fmt::format("{}: {} is no time to wait: give milliseconds, for "
                                           "example 60000",
                                           this_option, ms));
}

Result<Duration> parse_registration_ttl(std::string_view text) {
    auto const minutes = TRY(options::read_integer(text, Kind::int32));
    if (minutes >= 0 && minutes <= most_minutes) return std::chrono::minutes(minutes);
    return fail(Errc::invalid, fmt::format("{}: {} is no time to wait: give minutes, up to {}",
                                           this_option, minutes, most_minutes));
}

Result<std::string> parse_origin(std::string_view text) {
    auto origin = net::parse_origin(text);
    if (origin) return std::move(*origin);
    return fail(Errc::invalid, fmt::format("{}: '{}' is no origin: give SCHEME://HOST[:PORT], for "
                                           "example https://dashboard.example",
                                           this_option, text));
}

Option option(std::string name, Takes takes, Type type, std::string placeholder, std::string help,
              std::optional<std::string> fallback = {}) {
    return {.name = std::move(name),
            .takes = takes,
            .type = type,
            .placeholder = std::move(placeholder),
            .help = std::move(help),
            .fallback = std::move(fallback)};
}

std::vector<Option> common_options(std::string const& host, std::string const& http) {
    return {
        {.letter = 'h', .name = "help", .takes = Takes::ending, .help = "show this help and exit"},
        {.letter = 'v', .name = "verbose", .takes = Takes::count, .help = "log more"},
        option("name", Takes::value, typed<parse_name>, "NAME", "the name this machine goes by",
               host),
        option("http", Takes::value, typed<parse_address>, "ADDRESS",
               "where the API listens: HOST:PORT", http),
        option("state-dir", Takes::value, nullptr, "DIR", "directory of the state, made if missing",
               "."),
    };
}

void add_zookeeper_options(std::vector<Option>& to, std::string const& admin) {
    to.push_back(option("zk", Takes::value, nullptr, "SERVERS",
                        "ZooKeeper servers: HOST:PORT[,HOST:PORT...][/ROOT]", "localhost:2181"));
    to.push_back(option("zk-session-timeout", Takes::value, typed<parse_session_timeout>, "MS",
                        "how long ZooKeeper waits before it declares this daemon gone", "60000"));
    to.push_back(option("zk-cluster-id", Takes::value, nullptr, "ID",
                        "do nothing on an ensemble that has no node /config/id/ID"));
    to.push_back(option("admin", Takes::value, typed<parse_address>, "ADDRESS",
                        "where /ping and /healthcheck are answered", admin));
}

void add_agent_options(std::vector<Option>& to, Environment const& environment) {
    to.push_back(
        option("docker", Takes::value, typed<parse_docker>, "ENDPOINT",
               "the Docker daemon: unix://PATH or tcp://HOST:PORT",
               variable(environment, "DOCKER_HOST").value_or(std::string(default_docker))));
    to.push_back(option("env", Takes::many, typed<agent::parse_env>, "KEY=VALUE",
                        "environment of every container"));
    to.push_back(option("labels", Takes::many, typed<agent::parse_label>, "KEY=VALUE",
                        "labels of this host"));
    to.push_back(option("port-range", Takes::value, typed<agent::parse_port_range>, "START:END",
                        "host ports for jobs that name none; END is not among them",
                        "20000:32768"));
    to.push_back(option("dns", Takes::values, typed<agent::parse_dns>, "IP",
                        "DNS server of every container"));
    to.push_back(option("bind", Takes::values, typed<agent::parse_bind>, "PATH:PATH[:MODE]",
                        "bind mount of every container"));
    to.push_back(option("add-host", Takes::values, typed<agent::parse_extra_host>, "HOST:IP",
                        "line in the /etc/hosts of every container"));
    to.push_back({.name = "disable-job-history", .help = "write no history of jobs"});
}

void add_origin_option(std::vector<Option>& to) {
    to.push_back(option("allowed-origin", Takes::values, typed<parse_origin>, "ORIGIN",
                        "let the pages of this origin use the API"));
}

/// The setup that `make` makes of a command line, or the help that the line asked for.
template <class Setup>
Read<Setup> read(std::string const& program, std::string_view description,
                 std::vector<Option> declared, Words words, Setup (*make)(Parsed const&, Words)) {
    OptionSet const set(std::move(declared));
    auto parsed = set.parse(words);
    if (!parsed && parsed.error().code == std::errc::invalid_argument)
        return fail(parsed.error().code, fmt::format("{}\n{}: error: {}", set.usage(program),
                                                     program, parsed.error().message));
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->ended_by()) return set.help(program, description);
    return make(*parsed, words);
}

net::Endpoint endpoint(Parsed const& parsed, std::string_view name) {
    return parsed.value<net::Endpoint>(name).value();
}

ZooKeeperSetup zookeeper(Parsed const& parsed) {
    return {.servers = parsed.text("zk"),
            .session_timeout = parsed.value<Duration>("zk-session-timeout").value(),
            .cluster_id = parsed.value("zk-cluster-id")};
}

model::StringMap map_of(std::vector<agent::KeyValue> pairs) {
    model::StringMap map;
    for (auto& [key, value] : pairs) map[key] = std::move(value);
    return map;
}

/// What agent and solo have in common.
agent::AgentOptions agent_options(Parsed const& parsed, Words words) {
    return {.name = parsed.text("name"),
            .state_dir = parsed.text("state-dir"),
            .env = map_of(parsed.all<agent::KeyValue>("env")),
            .labels = map_of(parsed.all<agent::KeyValue>("labels")),
            .port_range = parsed.value<agent::PortRange>("port-range").value(),
            .dns = parsed.all("dns"),
            .binds = parsed.all("bind"),
            .extra_hosts = parsed.all("add-host"),
            .docker_host = parsed.value<Docker>("docker").value().text,
            .history = !parsed.given("disable-job-history"),
            .arguments = {words.begin(), words.end()}};
}

MasterSetup master_setup(Parsed const& parsed, Words) {
    return {.options = {.name = parsed.text("name"),
                        .http = endpoint(parsed, "http"),
                        .admin = endpoint(parsed, "admin"),
                        .cross_site = {.allowed_origins = parsed.all("allowed-origin"),
                                       .host_names = {}}},
            .zk = zookeeper(parsed),
            .state_dir = parsed.text("state-dir"),
            .verbosity = parsed.count("verbose")};
}

AgentSetup agent_setup(Parsed const& parsed, Words words) {
    AgentSetup setup{.options = agent_options(parsed, words),
                     .zk = zookeeper(parsed),
                     .docker = parsed.value<Docker>("docker").value().endpoint,
                     .verbosity = parsed.count("verbose")};
    setup.options.id = parsed.value("id");
    setup.options.registration_ttl = parsed.value<Duration>("zk-registration-ttl").value();
    if (!parsed.given("no-http")) {
        setup.options.http = endpoint(parsed, "http");
        setup.options.admin = endpoint(parsed, "admin");
    }
    return setup;
}

SoloSetup solo_setup(Parsed const& parsed, Words words) {
    return {.agent = agent_options(parsed, words),
            .http = endpoint(parsed, "http"),
            .docker = parsed.value<Docker>("docker").value().endpoint,
            .allowed_origins = parsed.all("allowed-origin"),
            .allow_local_users = parsed.given("allow-local-users"),
            .verbosity = parsed.count("verbose")};
}

} // namespace

Read<MasterSetup> read_master_options(Words words, std::string const& host) {
    auto declared = common_options(host, "http://0.0.0.0:5801");
    add_zookeeper_options(declared, "http://0.0.0.0:5802");
    add_origin_option(declared);
    return read("helios-master", "Answers the HTTP API of a fleet.", std::move(declared), words,
                master_setup);
}

Read<AgentSetup> read_agent_options(Words words, Environment const& environment,
                                    std::string const& host) {
    auto declared = common_options(host, "http://0.0.0.0:5803");
    declared.push_back(option("id", Takes::value, nullptr, "ID",
                              "identity of this host; what the state directory has wins"));
    declared.push_back({.name = "no-http", .help = "serve neither --http nor --admin"});
    add_zookeeper_options(declared, "http://0.0.0.0:5804");
    declared.push_back(option("zk-registration-ttl", Takes::value, typed<parse_registration_ttl>,
                              "MIN", "minutes after which a silent host's name may be taken over",
                              "10"));
    add_agent_options(declared, environment);
    return read("helios-agent", "Runs the jobs of this host.", std::move(declared), words,
                agent_setup);
}

Read<SoloSetup> read_solo_options(Words words, Environment const& environment,
                                  std::string const& host) {
    auto declared = common_options(host, "127.0.0.1:5801");
    add_agent_options(declared, environment);
    add_origin_option(declared);
    declared.push_back({.name = "allow-local-users",
                        .help = "let every user of this machine use the API, not only those who "
                                "may use Docker"});
    auto setup = TRY(read("heliosd solo", "A master, an agent and their store on one machine.",
                          std::move(declared), words, solo_setup));
    if (auto* solo = std::get_if<SoloSetup>(&setup))
        solo->solo_file =
            client::solo_file_path(variable(environment, "XDG_RUNTIME_DIR").value_or(""), getuid());
    return setup;
}

} // namespace heliosd::daemon
