// SPDX-License-Identifier: Apache-2.0
#include "base/options/options.h"
#include "support/catch.h"

using namespace heliosd;
using namespace heliosd::options;

namespace {

/// The options of an agent, cut down: what a daemon declares.
OptionSet daemon_options() {
    return OptionSet({
        {.letter = 'h', .name = "help", .takes = Takes::ending, .help = "show this help and exit"},
        {.name = "name", .takes = Takes::value, .help = "name of the host", .fallback = "node1"},
        {.name = "zk-session-timeout",
         .takes = Takes::value,
         .kind = Kind::int32,
         .placeholder = "MS",
         .help = "how long ZooKeeper waits for us",
         .fallback = "60000"},
        {.name = "env", .takes = Takes::many, .placeholder = "K=V", .help = "for containers"},
        {.name = "dns", .takes = Takes::values, .placeholder = "IP"},
        {.name = "no-http", .help = "no HTTP server"},
        {.letter = 'v', .name = "verbose", .takes = Takes::count, .help = "say more"},
        {.name = "port-range", .takes = Takes::value, .hidden = true},
    });
}

/// The options of a command, cut down.
OptionSet command_options() {
    return OptionSet(
        {
            {.letter = 'q'},
            {.letter = 'f', .name = "file", .takes = Takes::value},
            {.name = "status", .takes = Takes::maybe_value, .choices = {"UP", "DOWN"}},
            {.letter = 's', .name = "selector", .takes = Takes::values},
        },
        {{.name = "JOB"}, {.name = "HOST", .required = false, .many = true}},
        {{.letter = 'u', .name = "username", .takes = Takes::value},
         {.name = "srv-name", .takes = Takes::value},
         {.name = "json"}});
}

Result<Parsed> parse(OptionSet const& set, std::vector<char const*> const& words) {
    return set.parse(words);
}

std::string error_of(OptionSet const& set, std::vector<char const*> const& words) {
    auto parsed = parse(set, words);
    return parsed ? "no error" : parsed.error().message;
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("options: what is not given has its declared default") {
    auto parsed = parse(daemon_options(), {}).value();
    CHECK(parsed.text("name") == "node1");
    CHECK(parsed.integer("zk-session-timeout") == 60000);
    CHECK(parsed.all("env").empty());
    CHECK(parsed.count("verbose") == 0);
    CHECK_FALSE(parsed.given("no-http"));
    CHECK_FALSE(parsed.value("port-range").has_value());
    CHECK_THROWS_AS(parsed.given("nmae"), std::logic_error);
}

TEST_CASE("options: every form of an option is read") {
    auto parsed =
        parse(daemon_options(), {"--name=a=b", "-v", "--env", "A=1", "B=2", "--dns", "1.1.1.1",
                                 "-vv", "--env=C=3", "--dns", "8.8.8.8", "--no-http",
                                 "--zk-session-timeout", "-5", "--port", "20000:21000"})
            .value();
    CHECK(parsed.text("name") == "a=b");
    CHECK(parsed.all("env") == Words{"A=1", "B=2", "C=3"});
    CHECK(parsed.all("dns") == Words{"1.1.1.1", "8.8.8.8"});
    CHECK(parsed.count("verbose") == 3);
    CHECK(parsed.given("no-http"));
    CHECK(parsed.integer("zk-session-timeout") == -5);
    CHECK(parsed.text("port-range") == "20000:21000");
}

TEST_CASE("options: letters cluster and take their value attached, after = or as the next word") {
    auto set = command_options();
    for (auto const& words : std::vector<std::vector<char const*>>{
             {"-qfx", "j"}, {"-qf=x", "j"}, {"-q", "-f", "x", "j"}, {"j", "-qf", "x"}}) {
        auto parsed = parse(set, words).value();
        CHECK(parsed.given("q"));
        CHECK(parsed.text("file") == "x");
        CHECK(parsed.text("JOB") == "j");
    }
    CHECK(parse(set, {"-f-", "j"}).value().text("file") == "-");
    CHECK(parse(set, {"-f", "-", "j"}).value().text("file") == "-");
}

TEST_CASE("options: an optional value is different from an absent option") {
    auto set = command_options();
    CHECK(parse(set, {"j", "--status", "UP"}).value().value("status") == "UP");
    CHECK_FALSE(parse(set, {"j"}).value().given("status"));
    auto bare = parse(set, {"j", "--status", "-q"}).value();
    CHECK(bare.given("status"));
    CHECK_FALSE(bare.value("status").has_value());
    CHECK(error_of(set, {"--status", "j"}) ==
          "argument --status: invalid choice: 'j' (choose from {UP,DOWN})");
}

TEST_CASE("options: after -- nothing is an option") {
    auto parsed = parse(command_options(), {"-q", "--", "j", "-f", "--", "--json"}).value();
    CHECK(parsed.text("JOB") == "j");
    CHECK(parsed.all("HOST") == Words{"-f", "--", "--json"});
    CHECK_FALSE(parsed.given("json"));
}

TEST_CASE("options: a run of words ends at an option and does not resume") {
    CHECK(error_of(command_options(), {"j", "h1", "-q", "h2", "h3"}) ==
          "unrecognized arguments: 'h2 h3'");
    CHECK(parse(command_options(), {"j", "-q", "h1", "h2"}).value().all("HOST") ==
          Words{"h1", "h2"});
}

TEST_CASE("options: faults are the sentences of argparse") {
    auto daemon = daemon_options();
    auto command = command_options();
    CHECK(error_of(daemon, {"--zk-session-timeout", "abc"}) ==
          "argument --zk-session-timeout: could not convert 'abc' to Integer "
          "(For input string: \"abc\")");
    CHECK(error_of(daemon, {"--zk-session-timeout", "2147483648"})
              .starts_with("argument --zk-session-timeout: could not convert"));
    CHECK(error_of(daemon, {"--name"}) == "argument --name: expected one argument");
    CHECK(error_of(daemon, {"--env", "-v"}) == "argument --env: expected at least one argument");
    CHECK(error_of(daemon, {"--no-http=x"}) == "argument --no-http: ignore implicit argument 'x'");
    CHECK(error_of(daemon, {"--n", "x"}) == "ambiguous option: --n could match --name, --no-http");
    CHECK(error_of(daemon, {"surplus"}) == "unrecognized arguments: 'surplus'");
    CHECK(error_of(daemon, {"--nmae", "x"}) ==
          "unrecognized arguments: '--nmae'\n\nDid you mean:\n\t--name");
    CHECK(error_of(daemon, {"-x"}) == "unrecognized arguments: '-x'");
    CHECK(error_of(command, {"--s", "x", "j"}) ==
          "ambiguous option: --s could match --selector, --srv-name, --status");
    CHECK(error_of(command, {"j", "-s"}) == "argument -s/--selector: expected one argument");
    CHECK(error_of(command, {}) == "too few arguments");
    CHECK(error_of(command, {"j", "--selectors", "x"}) ==
          "unrecognized arguments: '--selectors'\n\nDid you mean:\n\t--selector");
}

TEST_CASE("options: what cannot be read is named from left to right") {
    CHECK(error_of(daemon_options(), {"--zk-session-timeout", "abc", "--bogus"})
              .starts_with("argument --zk-session-timeout: could not convert 'abc'"));
    CHECK(error_of(daemon_options(), {"--bogus", "--zk-session-timeout", "abc"}) ==
          "unrecognized arguments: '--bogus'");
    CHECK(error_of(daemon_options(),
                   {"--zk-session-timeout", "abc", "--zk-session-timeout", "5", "-h"})
              .starts_with("argument --zk-session-timeout: could not convert 'abc'"));
}

TEST_CASE("options: an optional value that is left out replaces an earlier one") {
    auto parsed = parse(command_options(), {"j", "--status", "UP", "--status"}).value();
    CHECK(parsed.count("status") == 2);
    CHECK_FALSE(parsed.value("status").has_value());
}

TEST_CASE("options: help ends the reading, whatever follows") {
    auto parsed = parse(daemon_options(), {"-h", "--bogus"}).value();
    CHECK(parsed.ended_by() == "help");
    CHECK_FALSE(parse(daemon_options(), {}).value().ended_by().has_value());
}

TEST_CASE("options: what stands before a command counts together with what follows it") {
    OptionSet global({}, {},
                     {{.letter = 'u', .name = "username", .takes = Takes::value},
                      {.letter = 'd', .name = "domains", .takes = Takes::values},
                      {.letter = 'v', .takes = Takes::count}});
    OptionSet command({{.letter = 'q'}}, {},
                      {{.letter = 'u', .name = "username", .takes = Takes::value},
                       {.letter = 'd', .name = "domains", .takes = Takes::values},
                       {.letter = 'v', .takes = Takes::count}});
    std::vector<char const*> words{"-u", "bob", "-d", "a", "-v", "masters",
                                   "-u", "eve", "-d", "b", "-vq"};
    auto leading = global.parse_leading(words).value();
    REQUIRE(leading.words == 5);
    auto all = command.parse(std::span(words).subspan(6), leading.parsed).value();
    CHECK(all.text("username") == "eve");
    CHECK(all.all("domains") == Words{"a", "b"});
    CHECK(all.count("v") == 2);
    CHECK(all.given("q"));
}

TEST_CASE("options: help shows each option with its default and leaves hidden ones out") {
    CHECK(daemon_options().help("helios-agent", "Runs containers.", 60) ==
          "usage: helios-agent [-h] [--name NAME]\n"
          "                    [--zk-session-timeout MS]\n"
          "                    [--env K=V...]... [--dns IP]...\n"
          "                    [--no-http] [-v]...\n"
          "\n"
          "Runs containers.\n"
          "\n"
          "options:\n"
          "  -h, --help              show this help and exit\n"
          "  --name NAME             name of the host (default: node1)\n"
          "  --zk-session-timeout MS\n"
          "                          how long ZooKeeper waits for us\n"
          "                          (default: 60000)\n"
          "  --env K=V...            for containers\n"
          "  --dns IP\n"
          "  --no-http               no HTTP server\n"
          "  -v, --verbose           say more\n");
}

TEST_CASE("options: key=value splits at the first =") {
    CHECK(key_value("a=b=c") == std::pair<std::string, std::string>("a", "b=c"));
    CHECK(key_value("=") == std::pair<std::string, std::string>("", ""));
    CHECK_FALSE(key_value("a").has_value());
}

TEST_CASE("options: numbers are whole, signed, and fit") {
    CHECK(integer("+5") == 5);
    CHECK(integer("-0") == 0);
    CHECK(integer("9223372036854775807") == INT64_MAX);
    for (auto const* bad : {"", "+", "-", "+-5", "5 ", "0x5", "9223372036854775808"}) {
        CAPTURE(bad);
        CHECK_FALSE(integer(bad).has_value());
    }
    CHECK_FALSE(integer("2147483648", Kind::int32).has_value());
}
