// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include "support/catch.h"

namespace heliosd::daemon {
namespace {

using namespace std::chrono_literals;
using Line = std::vector<char const*>;

template <class Setup> Setup setup_of(Read<Setup> read) {
    if (!read) FAIL(read.error().message);
    return std::get<Setup>(*read);
}

template <class Setup> std::string error_of(Read<Setup> read) {
    return read ? "no error" : read.error().message;
}

TEST_CASE("daemon options: a master without words listens where the reference does") {
    auto const setup = setup_of(read_master_options({}, "node1"));
    CHECK(setup.options.name == "node1");
    CHECK(net::to_string(setup.options.http) == "http://0.0.0.0:5801");
    CHECK(net::to_string(setup.options.admin.value()) == "http://0.0.0.0:5802");
    CHECK(setup.zk.servers == "localhost:2181");
    CHECK(setup.zk.session_timeout == 60s);
    CHECK(setup.state_dir == ".");
}

TEST_CASE("daemon options: an agent reads every option it shows") {
    Line const line{"--name",
                    "web1",
                    "--id",
                    "X1",
                    "--zk",
                    "zk1:2181",
                    "--zk-cluster-id=c1",
                    "--docker",
                    "tcp://d",
                    "--http",
                    "127.0.0.1:1",
                    "--admin",
                    "127.0.0.1:2",
                    "--env",
                    "A=0",
                    "B=x=y",
                    "--env=A=1",
                    "--labels",
                    "role=web",
                    "--state",
                    "/var/lib",
                    "--zk-session-timeout=5000",
                    "--zk-registration-ttl",
                    "3",
                    "--port",
                    "30000:31000",
                    "--dns",
                    "10.0.0.1",
                    "--dns=10.0.0.2",
                    "--bind",
                    "/etc/ssl:/etc/ssl:ro",
                    "--add-host",
                    "db:10.0.0.3",
                    "--disable-job-history",
                    "-vv"};
    auto const setup = setup_of(read_agent_options(line, {}, "node1"));
    CHECK(setup.options.name == "web1");
    CHECK(setup.options.id == "X1");
    CHECK(setup.zk.servers == "zk1:2181");
    CHECK(setup.zk.session_timeout == 5s);
    CHECK(setup.zk.cluster_id == "c1");
    CHECK(setup.docker == net::Endpoint{.host = "d", .port = 2375});
    CHECK(setup.options.docker_host == "tcp://d");
    CHECK(setup.options.http.value().port == 1);
    CHECK(setup.options.admin.value().port == 2);
    CHECK(setup.options.env.at("A") == "1");
    CHECK(setup.options.env.at("B") == "x=y");
    CHECK(setup.options.labels.at("role") == "web");
    CHECK(setup.options.state_dir == "/var/lib");
    CHECK(setup.options.registration_ttl == 3min);
    CHECK(setup.options.port_range == agent::PortRange{30000, 31000});
    CHECK(setup.options.dns == std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
    CHECK(setup.options.binds == std::vector<std::string>{"/etc/ssl:/etc/ssl:ro"});
    CHECK(setup.options.extra_hosts == std::vector<std::string>{"db:10.0.0.3"});
    CHECK(!setup.options.history);
    CHECK(setup.verbosity == 2);
}

TEST_CASE("daemon options: an agent without options has the reference's defaults") {
    auto const setup = setup_of(read_agent_options({}, {}, "node1"));
    CHECK(net::to_string(setup.options.http.value()) == "http://0.0.0.0:5803");
    CHECK(setup.options.port_range == agent::PortRange{20000, 32768});
    CHECK(setup.options.registration_ttl == 10min);
    CHECK(setup.options.history);
    Line const line{"--no-http"};
    auto const silent = setup_of(read_agent_options(line, {}, "node1"));
    CHECK(!silent.options.http);
    CHECK(!silent.options.admin);
}

TEST_CASE("daemon options: DOCKER_HOST is the default of --docker") {
    Environment const environment{{"DOCKER_HOST", "unix:///run/other.sock"}};
    auto const given = setup_of(read_solo_options({}, environment, "node1"));
    CHECK(given.docker.path == "/run/other.sock");
    Line const line{"--docker", "unix:///run/mine.sock"};
    auto const overridden = setup_of(read_solo_options(line, environment, "node1"));
    CHECK(overridden.docker.path == "/run/mine.sock");
    auto const neither = setup_of(read_solo_options({}, {}, "node1"));
    CHECK(neither.docker.path == "/var/run/docker.sock");
}

TEST_CASE("daemon options: solo listens on this machine only, unless told otherwise") {
    CHECK(net::to_string(setup_of(read_solo_options({}, {}, "n")).http) == "http://127.0.0.1:5801");
    Line const line{"--http", "http://0.0.0.0:80"};
    CHECK(net::to_string(setup_of(read_solo_options(line, {}, "n")).http) == "http://0.0.0.0:80");
}

TEST_CASE("daemon options: browsers and local users are let in only by name") {
    CHECK(setup_of(read_master_options({}, "n")).options.cross_site.allowed_origins.empty());
    Line const line{"--allowed-origin", "https://Dash.example", "--allowed-origin=http://d:3000"};
    std::vector<std::string> const origins{"https://dash.example", "http://d:3000"};
    CHECK(setup_of(read_master_options(line, "n")).options.cross_site.allowed_origins == origins);
    auto const closed = setup_of(read_solo_options(line, {}, "n"));
    CHECK(closed.allowed_origins == origins);
    CHECK(!closed.allow_local_users);
    Line const open{"--allow-local-users"};
    CHECK(setup_of(read_solo_options(open, {}, "n")).allow_local_users);
    Line const wrong{"--allowed-origin", "*"};
    CHECK(error_of(read_solo_options(wrong, {}, "n")) ==
          "--allowed-origin: '*' is no origin: give SCHEME://HOST[:PORT], for example "
          "https://dashboard.example");
}

TEST_CASE("daemon options: --help is a text, not a daemon") {
    Line const line{"--help"};
    auto const read = read_master_options(line, "node1");
    REQUIRE(read.has_value());
    auto const& text = std::get<std::string>(*read);
    for (auto const* option : {"--name", "--zk", "--zk-session-timeout", "--http", "--admin",
                               "--state-dir", "node1", "localhost:2181"})
        CHECK(text.find(option) != std::string::npos);
}

TEST_CASE("daemon options: what is wrong is named in one sentence") {
    auto const master = [](Line line) { return error_of(read_master_options(line, "n")); };
    auto const agent = [](Line line) { return error_of(read_agent_options(line, {}, "n")); };
    using Catch::Matchers::Contains;
    CHECK_THAT(master({"--htpp", "x"}), Contains("helios-master: error: ") && Contains("--htpp"));
    CHECK_THAT(master({"--http"}), Contains("argument --http: expected one argument"));
    CHECK_THAT(master({"--http", "nonsense"}), Contains("--http"));
    CHECK_THAT(master({"--admin", "localhost:99999"}), Contains("--admin"));
    CHECK_THAT(master({"--zk-session-timeout", "0"}), Contains("--zk-session-timeout: 0"));
    CHECK_THAT(master({"--zk-session-timeout", "soon"}), Contains("soon"));
    CHECK_THAT(master({"--name", "a/b"}), Contains("--name"));
    CHECK_THAT(agent({"--env", "novalue"}), Contains("Bad --env value: novalue"));
    CHECK_THAT(agent({"--labels", "novalue"}), Contains("Bad --labels value: novalue"));
    CHECK_THAT(agent({"--docker", "ftp://x"}), Contains("--docker"));
    CHECK_THAT(agent({"--port-range", "9:8"}), Contains("Bad port range: 9:8"));
    CHECK(agent({"--dns", "1.1.1.1", "--dns", "dns", "--dns", "x"}) == "Invalid IP address dns");
    CHECK_THAT(agent({"--bind", "/a:"}), Contains("Invalid bind /a:"));
    CHECK_THAT(agent({"--add-host", "db"}), Contains("Invalid ExtraHost db"));
    CHECK_THAT(agent({"--zk-registration-ttl", "soon"}), Contains("soon"));
    for (auto const* minutes : {"-1", "1000001", "2147483647"})
        CHECK_THAT(agent({"--zk-registration-ttl", minutes}),
                   Contains(std::string("--zk-registration-ttl: ") + minutes));
}

TEST_CASE("daemon options: values are judged after the whole line, and --help comes before that") {
    Environment const environment{{"DOCKER_HOST", "ftp://x"}};
    Line const help{"--http", "nonsense", "--help"};
    CHECK(std::get<std::string>(read_agent_options(help, environment, "n").value())
              .starts_with("usage: helios-agent"));
    Line const unknown{"--http", "nonsense", "--bogus"};
    CHECK_THAT(error_of(read_agent_options(unknown, environment, "n")),
               Catch::Matchers::Contains("unrecognized arguments: '--bogus'"));
    CHECK(error_of(read_agent_options({}, environment, "n")) ==
          "--docker: 'ftp://x' has the unknown scheme 'ftp': use unix://PATH or tcp://HOST:PORT");
    CHECK(error_of(read_agent_options({}, {}, "a/b")).starts_with("--name: \"a/b\" cannot be"));
}

} // namespace
} // namespace heliosd::daemon
