// SPDX-License-Identifier: Apache-2.0
#include "cli/config.h"
#include "cli/settings.h"
#include "cli/trace.h"
#include "support/catch.h"

using namespace heliosd;
using cli::parse_config;

TEST_CASE("config: JSON and the plain part of HOCON say the same") {
    for (auto const* text : {
             R"({ "masterEndpoints": ["http://m1:5801", "http://m2:5801"], "srvName": "x" })",
             "masterEndpoints = [ http://m1:5801, \"http://m2:5801\" ] # both\nsrvName = x",
             "{\n  // ours\n  masterEndpoints : [\n    http://m1:5801\n    http://m2:5801\n  "
             "]\n}\n",
             "other = some words\n\nmasterEndpoints=[http://m1:5801,http://m2:5801]",
         }) {
        CAPTURE(text);
        auto const config = parse_config(text);
        REQUIRE(config);
        CHECK(config->master_endpoints ==
              std::vector<std::string>{"http://m1:5801", "http://m2:5801"});
        CHECK(config->domains.empty());
    }
    CHECK(parse_config("").value().master_endpoints.empty());
    CHECK(parse_config("domains = [a, b]").value().domains.size() == 2);
}

TEST_CASE("config: what cannot be read is named with its line") {
    auto error_of = [](std::string_view text) {
        auto const config = parse_config(text);
        return config ? "no error" : config.error().message;
    };
    CHECK(error_of("a = 1\nb") == "line 2: expected = or : after 'b'");
    CHECK(error_of("a =") == "line 1: expected a value");
    CHECK(error_of("a = \"x") == "line 1: expected a closing quote");
    CHECK(error_of("{ a = 1") == "line 1: expected a closing brace");
    CHECK(error_of("{ a = 1 }\n}").starts_with("line 2: "));
    CHECK(error_of("masterEndpoints = http://m1:1") ==
          "masterEndpoints must be a list, not a string");
    CHECK(error_of(R"({"masterEndpoints": [1]})") ==
          "masterEndpoints must hold texts, not a number");
}

TEST_CASE("config: the search list is that of the last line that has one") {
    using Domains = std::vector<std::string>;
    CHECK(cli::search_domains("nameserver 1.1.1.1\nsearch a.net. b.net\n") ==
          Domains{"a.net", "b.net"});
    CHECK(cli::search_domains("search a\ndomain b.net\n# search c\n") == Domains{"b.net"});
    CHECK(cli::search_domains("").empty());
}

TEST_CASE("trace: only the value of a token is hidden") {
    CHECK(cli::without_token("/jobs/x?token=abc&user=mia") == "/jobs/x?token=***&user=mia");
    CHECK(cli::without_token("/jobs/x?user=mia&token=abc") == "/jobs/x?user=mia&token=***");
    CHECK(cli::without_token("/jobs/x?token=&user=mia") == "/jobs/x?token=&user=mia");
    CHECK(cli::without_token("/jobs?q=mytoken=1") == "/jobs?q=mytoken=1");
    CHECK(cli::without_token("/jobs?q=mytoken=1&token=abc") == "/jobs?q=mytoken=1&token=***");
    CHECK(cli::without_token("token=1") == "token=1");
}
