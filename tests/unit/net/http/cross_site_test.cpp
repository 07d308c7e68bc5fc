// SPDX-License-Identifier: Apache-2.0
#include "net/http/cross_site.h"

#include "support/catch.h"

#include <initializer_list>
#include <utility>

namespace heliosd::net {
namespace {

Headers headers_of(std::initializer_list<std::pair<char const*, char const*>> fields) {
    Headers headers;
    for (auto const& [name, value] : fields) headers.add(name, value);
    return headers;
}

/// A solo on a machine called `box` with one named dashboard.
CrossSitePolicy const solo{.allowed_origins = {"https://dashboard.example"},
                           .host_names = {{"localhost", "box", "box.lan"}}};
CrossSitePolicy const master{.allowed_origins = {"https://dashboard.example"}, .host_names = {}};

TEST_CASE("net: which requests of browsers and programs are answered") {
    struct Row {
        CrossSitePolicy const& policy;
        char const* method;
        std::initializer_list<std::pair<char const*, char const*>> headers;
        bool passes;
        char const* why;
    };
    for (auto const& row : std::initializer_list<Row>{
             // Programs
             {solo, "GET", {{"Host", "127.0.0.1:5801"}}, true, "the command line"},
             {solo, "PUT", {{"Host", "box:5801"}}, true, "the Java client, by the machine's name"},
             {solo, "GET", {}, true, "HTTP/1.0 needs no Host"},
             {master, "PUT", {{"Host", "helios.corp:80"}}, true, "a master by any name of a proxy"},
             // Origins
             {solo, "POST", {{"Host", "box"}, {"Origin", "https://evil.example"}}, false, "CSRF"},
             {master, "POST", {{"Host", "m"}, {"Origin", "https://evil.example"}}, false, "CSRF"},
             {master,
              "OPTIONS",
              {{"Host", "m"}, {"Origin", "https://evil.example"}},
              false,
              "preflight"},
             {master,
              "POST",
              {{"Host", "m"}, {"Origin", "null"}},
              false,
              "sandboxed frames and redirects"},
             {master, "POST", {{"Host", "m"}, {"Origin", ""}}, false, "no browser sends that"},
             {solo,
              "PUT",
              {{"Host", "box:5801"}, {"Origin", "https://dashboard.example"}},
              true,
              "named with --allowed-origin"},
             {master,
              "PUT",
              {{"Host", "m"}, {"Origin", "HTTPS://Dashboard.Example"}},
              true,
              "origins have no case"},
             {master,
              "PUT",
              {{"Host", "m"}, {"Origin", "http://dashboard.example"}},
              false,
              "another scheme is another origin"},
             {master,
              "PUT",
              {{"Host", "m"}, {"Origin", "https://dashboard.example:8443"}},
              false,
              "another port is another origin"},
             {master,
              "PUT",
              {{"Host", "m"}, {"Origin", "https://dashboard.example.evil"}},
              false,
              "a longer name is another origin"},
             {solo,
              "POST",
              {{"Host", "localhost:5801"}, {"Origin", "http://localhost:3000"}},
              false,
              "another program's page on this machine"},
             {solo,
              "POST",
              {{"Host", "localhost:5801"}, {"Origin", "http://localhost:5801"}},
              true,
              "a page of our own"},
             {master,
              "POST",
              {{"Host", "helios.corp"}, {"Origin", "https://helios.corp"}},
              true,
              "the same behind a proxy with TLS"},
             {master, "POST", {{"Origin", "http://"}}, false, "no Host to compare with"},
             // Fetch metadata
             {master,
              "GET",
              {{"Host", "m"}, {"Sec-Fetch-Site", "cross-site"}},
              false,
              "an image or script tag"},
             {master,
              "GET",
              {{"Host", "m"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "no-cors"}},
              false,
              "a fetch without CORS"},
             {master,
              "GET",
              {{"Host", "m"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}},
              true,
              "a link that was followed"},
             {master,
              "POST",
              {{"Host", "m"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}},
              false,
              "a form that was sent"},
             {master,
              "GET",
              {{"Host", "m"}, {"Sec-Fetch-Site", "Cross-Site"}},
              false,
              "whatever the case"},
             {master,
              "GET",
              {{"Host", "m"}, {"Sec-Fetch-Site", "none"}},
              true,
              "typed by the user"},
             {master, "GET", {{"Host", "m"}, {"Sec-Fetch-Site", "same-origin"}}, true, "own page"},
             {master,
              "PUT",
              {{"Host", "m"},
               {"Origin", "https://dashboard.example"},
               {"Sec-Fetch-Site", "cross-site"},
               {"Sec-Fetch-Mode", "cors"}},
              true,
              "the named dashboard is another site"},
             // Hosts: a name that resolves to this machine now and to the attacker's before
             {solo, "GET", {{"Host", "evil.example:5801"}}, false, "DNS rebinding"},
             {solo, "GET", {{"Host", ""}}, false, "no browser and no client of ours sends that"},
             {solo, "GET", {{"Host", "localhost"}}, true, "without a port"},
             {solo, "GET", {{"Host", "LOCALHOST:80"}}, true, "names have no case"},
             {solo, "GET", {{"Host", "box.lan.:5801"}}, true, "a final dot"},
             {solo, "GET", {{"Host", "localhost.evil.example"}}, false, "only begins like ours"},
             {solo, "GET", {{"Host", "[::1]:5801"}}, true, "IPv6"},
             {solo, "GET", {{"Host", "10.1.2.3"}}, true, "any address"},
             {solo, "GET", {{"Host", "10.1.2.3.evil.example"}}, false, "no address"},
             {solo, "GET", {{"Host", "[::1"}}, true, "an address without its bracket"},
             {solo, "GET", {{"Host", "[evil.example]"}}, false, "brackets make no address"},
             {solo,
              "PUT",
              {{"Host", "evil.example"}, {"Origin", "https://dashboard.example"}},
              false,
              "a named origin does not make the host ours"},
         }) {
        INFO(row.why);
        auto const refusal = refuse_cross_site(row.policy, row.method, headers_of(row.headers));
        CHECK(refusal.has_value() != row.passes);
    }
}

TEST_CASE("net: a refusal of a foreign page says how to allow it") {
    auto const why = refuse_cross_site(
        master, "PUT", headers_of({{"Host", "m"}, {"Origin", "https://other.example"}}));
    CHECK(why == "requests of pages of 'https://other.example' are refused; to allow them, start "
                 "the daemon with --allowed-origin https://other.example");
}

TEST_CASE("net: what --allowed-origin takes is an origin") {
    CHECK(parse_origin("https://Dash.example") == "https://dash.example");
    CHECK(parse_origin("http://10.0.0.1:3000") == "http://10.0.0.1:3000");
    CHECK(parse_origin("chrome-extension://abcdef") == "chrome-extension://abcdef");
    for (auto const* const bad :
         {"", "*", "null", "dash.example", "://x", "https://", "https://dash.example/",
          "https://a, https://b", "https://user@dash.example", "https://dash.example?x"}) {
        INFO(bad);
        CHECK(!parse_origin(bad));
    }
}

TEST_CASE("net: the names of this machine come from the system and from the hosts file") {
    auto const names = machine_names({"Box", "web-1", ""}, "127.0.0.1\tlocalhost loop # ours\n"
                                                           "127.0.1.1 box.corp.example box\n"
                                                           "10.0.0.7 other.example\n"
                                                           "# 10.0.0.8 box evil.example\n"
                                                           "10.0.0.9\n");
    CHECK(names ==
          std::vector<std::string>{"localhost", "box", "web-1", "loop", "box.corp.example"});
}

} // namespace
} // namespace heliosd::net
