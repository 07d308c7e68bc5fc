// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include "base/options/options.h"
#include "docker/engine_http.h"

#include <utility>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

using options::Kind;
using options::Option;
using options::OptionSet;
using options::Parsed;
using options::Takes;

constexpr int most_minutes = 1'000'000;
constexpr std::string_view default_docker = "unix:///var/run/docker.sock";

Option value(std::string name, std::string placeholder, std::string help, std::string fallback) {
    return {.name = std::move(name),
            .takes = Takes::value,
            .placeholder = std::move(placeholder),
            .help = std::move(help),
            .fallback = std::move(fallback)};
}

Option repeated(std::string name, std::string placeholder, std::string help) {
    return {.name = std::move(name),
            .takes = Takes::values,
            .placeholder = std::move(placeholder),
            .help = std::move(help)};
}

std::vector<Option> common_options(std::string const& host, std::string const& http) {
    return {
        {.letter = 'h', .name = "help", .takes = Takes::ending, .help = "show this help and exit"},
        {.letter = 'v', .name = "verbose", .takes = Takes::count, .help = "log more"},
        value("name", "NAME", "the name this machine goes by", host),
        value("http", "ADDRESS", "where the API listens: HOST:PORT", http),
        value("state-dir", "DIR", "directory of the state, made if missing", "."),
    };
}

void add_zookeeper_options(std::vector<Option>& to, std::string const& admin) {
    to.push_back(value("zk", "SERVERS", "ZooKeeper servers: HOST:PORT[,HOST:PORT...][/ROOT]",
                       "localhost:2181"));
    auto timeout = value("zk-session-timeout", "MS",
                         "how long ZooKeeper waits before it declares this daemon gone", "60000");
    timeout.kind = Kind::int32;
    to.push_back(std::move(timeout));
    to.push_back({.name = "zk-cluster-id",
                  .takes = Takes::value,
                  .placeholder = "ID",
                  .help = "do nothing on an ensemble that has no node /config/id/ID"});
    to.push_back(value("admin", "ADDRESS", "where /ping and /healthcheck are answered", admin));
}

void add_agent_options(std::vector<Option>& to, Environment const& environment) {
    auto const docker = variable(environment, "DOCKER_HOST");
    to.push_back(value("docker", "ENDPOINT", "the Docker daemon: unix://PATH or tcp://HOST:PORT",
                       docker.value_or(std::string(default_docker))));
    to.push_back({.name = "env",
                  .takes = Takes::many,
                  .placeholder = "KEY=VALUE",
                  .help = "environment of every container"});
    to.push_back({.name = "labels",
                  .takes = Takes::many,
                  .placeholder = "KEY=VALUE",
                  .help = "labels of this host"});
    to.push_back(value("port-range", "START:END",
                       "host ports for jobs that name none; END is not among them", "20000:32768"));
    to.push_back(repeated("dns", "IP", "DNS server of every container"));
    to.push_back(repeated("bind", "PATH:PATH[:MODE]", "bind mount of every container"));
    to.push_back(repeated("add-host", "HOST:IP", "line in the /etc/hosts of every container"));
    to.push_back({.name = "disable-job-history", .help = "write no history of jobs"});
}

/// A command line read, or the help it asked for.
Result<std::variant<Parsed, std::string>> read(std::string const& program,
                                               std::string_view description,
                                               std::vector<Option> declared, Words words) {
    OptionSet const set(std::move(declared));
    auto parsed = set.parse(words);
    if (!parsed)
        return fail(Errc::invalid, fmt::format("{}\n{}: error: {}", set.usage(program), program,
                                               parsed.error().message));
    if (parsed->ended_by()) return set.help(program, description);
    return std::move(*parsed);
}

Result<net::Endpoint> endpoint(Parsed const& parsed, std::string_view name) {
    return net::parse_endpoint(parsed.text(name), 0, fmt::format("--{}", name));
}

/// `unix://PATH`, `tcp://HOST[:PORT]`, and what the reference takes besides: a bare host and port.
Result<net::Endpoint> docker_endpoint(Parsed const& parsed) {
    return docker::parse_docker_endpoint(parsed.text("docker"), "--docker");
}

Result<ZooKeeperSetup> zookeeper(Parsed const& parsed) {
    auto const ms = parsed.integer("zk-session-timeout").value_or(0);
    if (ms <= 0)
        return fail(Errc::invalid, fmt::format("--zk-session-timeout: {} is no time to wait: give "
                                               "milliseconds, for example 60000",
                                               ms));
    return ZooKeeperSetup{.servers = parsed.text("zk"),
                          .session_timeout = std::chrono::milliseconds(ms),
                          .cluster_id = parsed.value("zk-cluster-id")};
}

/// What agent and solo have in common.
Result<agent::AgentOptions> agent_options(Parsed const& parsed, Words words) {
    agent::AgentOptions made;
    made.name = parsed.text("name");
    made.state_dir = parsed.text("state-dir");
    made.docker_host = parsed.text("docker");
    made.arguments.assign(words.begin(), words.end());
    auto named = agent::check_name(made.name);
    if (!named) return std::unexpected(in_context("--name", named.error()));
    auto env = TRY(agent::parse_env(parsed.all("env")));
    made.env = std::move(env);
    auto labels = TRY(agent::parse_labels(parsed.all("labels")));
    made.labels = std::move(labels);
    auto range = TRY(agent::parse_port_range(parsed.text("port-range")));
    made.port_range = range;
    made.dns = parsed.all("dns");
    made.binds = parsed.all("bind");
    made.extra_hosts = parsed.all("add-host");
    for (auto const& checked : {agent::check_dns(made.dns), agent::check_binds(made.binds),
                                agent::check_extra_hosts(made.extra_hosts)})
        if (!checked) return std::unexpected(checked.error());
    made.history = !parsed.given("disable-job-history");
    return made;
}

} // namespace

Read<MasterSetup> read_master_options(Words words, std::string const& host) {
    auto declared = common_options(host, "http://0.0.0.0:5801");
    add_zookeeper_options(declared, "http://0.0.0.0:5802");
    auto line =
        TRY(read("helios-master", "Answers the HTTP API of a fleet.", std::move(declared), words));
    if (auto* help = std::get_if<std::string>(&line)) return std::move(*help);
    auto const& parsed = std::get<Parsed>(line);

    MasterSetup setup{.state_dir = parsed.text("state-dir"), .verbosity = parsed.count("verbose")};
    setup.options.name = parsed.text("name");
    auto named = agent::check_name(setup.options.name);
    if (!named) return std::unexpected(in_context("--name", named.error()));
    auto http = TRY(endpoint(parsed, "http"));
    setup.options.http = std::move(http);
    auto admin = TRY(endpoint(parsed, "admin"));
    setup.options.admin = std::move(admin);
    auto zk = TRY(zookeeper(parsed));
    setup.zk = std::move(zk);
    return setup;
}

Read<AgentSetup> read_agent_options(Words words, Environment const& environment,
                                    std::string const& host) {
    auto declared = common_options(host, "http://0.0.0.0:5803");
    declared.push_back({.name = "id",
                        .takes = Takes::value,
                        .placeholder = "ID",
                        .help = "identity of this host; what the state directory has wins"});
    declared.push_back({.name = "no-http", .help = "serve neither --http nor --admin"});
    add_zookeeper_options(declared, "http://0.0.0.0:5804");
    auto silence = value("zk-registration-ttl", "MIN",
                         "minutes after which a silent host's name may be taken over", "10");
    silence.kind = Kind::int32;
    declared.push_back(std::move(silence));
    add_agent_options(declared, environment);
    auto line =
        TRY(read("helios-agent", "Runs the jobs of this host.", std::move(declared), words));
    if (auto* help = std::get_if<std::string>(&line)) return std::move(*help);
    auto const& parsed = std::get<Parsed>(line);

    AgentSetup setup{.verbosity = parsed.count("verbose")};
    auto made = TRY(agent_options(parsed, words));
    setup.options = std::move(made);
    setup.options.id = parsed.value("id");
    auto const ttl = parsed.integer("zk-registration-ttl").value_or(0);
    if (ttl < 0 || ttl > most_minutes)
        return fail(Errc::invalid, fmt::format("--zk-registration-ttl: {} is no time to wait: give "
                                               "minutes, up to {}",
                                               ttl, most_minutes));
    setup.options.registration_ttl = std::chrono::minutes(ttl);
    auto http = TRY(endpoint(parsed, "http"));
    auto admin = TRY(endpoint(parsed, "admin"));
    if (!parsed.given("no-http")) {
        setup.options.http = std::move(http);
        setup.options.admin = std::move(admin);
    }
    auto docker = TRY(docker_endpoint(parsed));
    setup.docker = std::move(docker);
    auto zk = TRY(zookeeper(parsed));
    setup.zk = std::move(zk);
    return setup;
}

Read<SoloSetup> read_solo_options(Words words, Environment const& environment,
                                  std::string const& host) {
    auto declared = common_options(host, "127.0.0.1:5801");
    add_agent_options(declared, environment);
    auto line = TRY(read("heliosd solo", "A master, an agent and their store on one machine.",
                         std::move(declared), words));
    if (auto* help = std::get_if<std::string>(&line)) return std::move(*help);
    auto const& parsed = std::get<Parsed>(line);

    SoloSetup setup{.verbosity = parsed.count("verbose")};
    auto made = TRY(agent_options(parsed, words));
    setup.agent = std::move(made);
    auto http = TRY(endpoint(parsed, "http"));
    setup.http = std::move(http);
    auto docker = TRY(docker_endpoint(parsed));
    setup.docker = std::move(docker);
    return setup;
}

} // namespace heliosd::daemon
