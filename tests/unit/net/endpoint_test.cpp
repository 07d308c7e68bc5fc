// SPDX-License-Identifier: Apache-2.0
#include "net/endpoint.h"

#include "support/catch.h"

namespace heliosd::net {
namespace {

std::string round_trip(std::string_view text, std::uint16_t default_port = 0) {
    auto const endpoint = parse_endpoint(text, default_port, "--http");
    return endpoint ? to_string(*endpoint) : endpoint.error().message;
}

TEST_CASE("net: endpoints are read in every form people write them") {
    CHECK(round_trip("example.net:80") == "http://example.net:80");
    CHECK(round_trip("http://example.net:5801/") == "http://example.net:5801");
    CHECK(round_trip("http://example.net", 5801) == "http://example.net:5801");
    CHECK(round_trip("tcp://10.0.0.1:2375") == "http://10.0.0.1:2375");
    CHECK(round_trip("https://[::1]:443") == "https://[::1]:443");
    CHECK(round_trip("[fe80::1%eth0]:1") == "http://[fe80::1%eth0]:1");
    CHECK(round_trip(":5801") == "http://:5801");
    CHECK(round_trip("unix:///var/run/docker.sock") == "unix:///var/run/docker.sock");
    CHECK(round_trip("127.0.0.1:0") == "http://127.0.0.1:0");
}

TEST_CASE("net: a wrong endpoint is refused with its option, its text and the fix") {
    CHECK(round_trip("host") == "--http: 'host' has no port: use HOST:PORT");
    CHECK(round_trip("host:") == "--http: 'host:' has a bad port: use a number up to 65535");
    CHECK(round_trip("host:65536").ends_with("has a bad port: use a number up to 65535"));
    CHECK(round_trip("host:-1").ends_with("has a bad port: use a number up to 65535"));
    CHECK(round_trip("ftp://host:1").find("unknown scheme") != std::string::npos);
    CHECK(round_trip("http://host:1/path").find("has a path") != std::string::npos);
    CHECK(round_trip("::1:80").find("needs brackets") != std::string::npos);
    CHECK(round_trip("[::1:80").find("needs brackets") != std::string::npos);
    CHECK(round_trip("me@host:80").find("is not HOST:PORT") != std::string::npos);
    CHECK(round_trip("ho st:80").find("is not HOST:PORT") != std::string::npos);
    CHECK(round_trip("").find("has no host") != std::string::npos);
    CHECK(round_trip("http://").find("has no host") != std::string::npos);
    CHECK(round_trip("unix://run/x").find("absolute path") != std::string::npos);
    CHECK(round_trip("unix:///" + std::string(120, 'x')).find("107 bytes") != std::string::npos);
}

TEST_CASE("net: the Host header has the port, and brackets round an IPv6 address") {
    CHECK(host_header({.host = "example.net", .port = 80}) == "example.net:80");
    CHECK(host_header({.host = "::1", .port = 5801}) == "[::1]:5801");
    CHECK(host_header({.scheme = Scheme::unix_socket, .path = "/x"}) == "localhost");
}

} // namespace
} // namespace heliosd::net
