// SPDX-License-Identifier: Apache-2.0
#include "unit/net/http/http_support.h"

#include <boost/asio/local/stream_protocol.hpp>

namespace heliosd::net::test {
namespace {

using namespace std::chrono_literals;

Async<Result<FullResponse>> post(Pair& pair, std::string target, std::string body) {
    Request request{.method = "POST", .target = std::move(target), .body = std::move(body)};
    co_return co_await pair.client.call(pair.endpoint, std::move(request));
}

TEST_CASE("http: a request and its answer cross a TCP connection whole") {
    Pair pair(echo);
    auto const answer = pair.run(post(pair, "/jobs?user=me", "{}"));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->reason == "OK");
    CHECK(answer->body == "POST /jobs?user=me {}");
    CHECK(*answer->headers.find("content-length") == "21");
}

TEST_CASE("http: a large body arrives unchanged both ways") {
    Pair pair(echo);
    std::string const large(5'000'000, 'x');
    auto const answer = pair.run(post(pair, "/", large));
    REQUIRE(answer);
    CHECK(answer->body == "POST / " + large);
}

TEST_CASE("http: a client that is still sending hears why its body is refused") {
    Pair pair(echo, {.body_bytes = 100});
    auto const answer = pair.run(post(pair, "/", std::string(5'000'000, 'x')));
    REQUIRE(answer);
    CHECK(answer->status == 413);
}

Async<Result<FullResponse>> over_unix(Pair& pair, Endpoint endpoint) {
    Request request{.method = "GET", .target = "/version"};
    co_return co_await pair.client.call(std::move(endpoint), std::move(request));
}

TEST_CASE(
    "http: a socket file serves as well, is taken over when abandoned and removed at the end") {
    auto const path =
        std::filesystem::temp_directory_path() / fmt::format("heliosd-test-{}.sock", ::getpid());
    Endpoint const endpoint{.scheme = Scheme::unix_socket, .path = path.string()};
    {
        // An acceptor that goes without cleaning up, as a killed process does.
        asio::io_context loop;
        asio::local::stream_protocol::acceptor abandoned(loop, endpoint.path);
    }
    REQUIRE(std::filesystem::exists(path));
    {
        Pair pair(echo);
        REQUIRE(pair.server.listen(endpoint));
        auto const answer = pair.run(over_unix(pair, endpoint));
        REQUIRE(answer);
        CHECK(answer->body == "GET /version ");
    }
    CHECK(!std::filesystem::exists(path));
}

} // namespace
} // namespace heliosd::net::test
