// SPDX-License-Identifier: Apache-2.0
#include "client/address.h"
#include "support/catch.h"

using namespace heliosd;
using client::parse_master_address;

TEST_CASE("address: every form of a master's address is read") {
    struct Row {
        std::string text, host;
        std::uint16_t port;
        net::Scheme scheme;
        std::string prefix, shown;
    };
    auto const row = GENERATE(
        Row{"http://m1:5801", "m1", 5801, net::Scheme::tcp, "", "http://m1:5801"},
        Row{"m1:5801", "m1", 5801, net::Scheme::tcp, "", "http://m1:5801"},
        Row{"127.0.0.1:1/", "127.0.0.1", 1, net::Scheme::tcp, "", "http://127.0.0.1:1"},
        Row{"http://[::1]:80", "::1", 80, net::Scheme::tcp, "", "http://[::1]:80"},
        Row{"https://m:443/p/q/", "m", 443, net::Scheme::tls, "/p/q", "https://m:443/p/q"});
    CAPTURE(row.text);
    auto const address = parse_master_address(row.text, "-z").value();
    CHECK(address.endpoint.host == row.host);
    CHECK(address.endpoint.port == row.port);
    CHECK(address.endpoint.scheme == row.scheme);
    CHECK(address.prefix == row.prefix);
    CHECK(to_string(address) == row.shown);
}

TEST_CASE("address: anything else is refused with the form, where it came from and the text") {
    for (auto const* text :
         {"", "m1", "http://m1", "ftp://m1:1", "HTTP://m1:1", "http://:1", "http://m1:0",
          "http://m1:65536", "http://m1:x", "m1:80:90", "http://u@m1:1", "domain://m1"}) {
        CAPTURE(text);
        auto const address = parse_master_address(text, "HELIOS_MASTER");
        REQUIRE_FALSE(address);
        CHECK(address.error().message ==
              "Master endpoints must be of the form \"[http|https]://<hostname>:<port>\": "
              "HELIOS_MASTER=" +
                  std::string(text));
    }
}
