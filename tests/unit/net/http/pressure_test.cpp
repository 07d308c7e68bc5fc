// SPDX-License-Identifier: Apache-2.0
// What clients do to a server that mean no good, or hang.
#include "unit/net/http/http_support.h"

#include "base/async/within.h"
#include "base/log.h"

#include <list>

#include <sys/resource.h>

namespace heliosd::net::test {
namespace {

using namespace std::chrono_literals;

/// The answer, if it comes within a limit far above what it needs.
Async<std::string> soon(Clock& clock, Async<std::string> answer) {
    auto wrapped = [](Async<std::string> inner) -> Async<Result<std::string>> {
        co_return co_await std::move(inner);
    };
    auto const text = co_await within(clock, 10s, wrapped(std::move(answer)));
    co_return text.value_or("still open");
}

Async<std::string> in_two_pieces(Clock& clock, Endpoint endpoint, std::string first,
                                 std::string second) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(std::move(endpoint));
    co_await client.send(std::move(first));
    co_await clock.sleep(20ms);
    co_await client.send(std::move(second));
    co_return co_await soon(clock, client.read_to_end());
}

TEST_CASE("server: a head whose request line arrives alone is complete with its empty line") {
    Pair pair(echo);
    auto const text =
        pair.run(in_two_pieces(pair.world.clock, pair.endpoint, "GET /typed HTTP/1.0\r\n", "\r\n"));
    CHECK(text.ends_with("GET /typed "));
}

TEST_CASE("server: a head in pieces is cut where the line break is, and is still read") {
    auto const [first, second] =
        GENERATE(table<std::string, std::string>({{"\r", "\nGET / HTTP/1.0\r\n\r\n"},
                                                  {"\r\n\r", "\nGET / HTTP/1.0\r\n\r\n"},
                                                  {"GET / HTTP/1.0\r", "\n\r\n"},
                                                  {"GET / HTTP/1.0\r\n\r", "\n"}}));
    Pair pair(echo);
    auto const text = pair.run(in_two_pieces(pair.world.clock, pair.endpoint, first, second));
    CHECK(text.ends_with("\r\n\r\nGET / "));
}

/// Sends without end until the server has closed the connection; then stays silent.
Async<std::string> flood(Clock& clock, Endpoint endpoint, std::string head) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(std::move(endpoint));
    co_await client.send(std::move(head));
    auto const answer = co_await client.read_until("\r\n\r\n");
    auto const until = clock.now() + 100ms;
    std::string const piece(256 * 1024, 'x');
    while (clock.now() < until && !client.is_broken()) co_await client.send(piece);
    auto const rest = co_await soon(clock, client.read_to_end());
    co_return answer.substr(0, 12) + (rest == "still open" ? " still open" : "");
}

TEST_CASE("server: a client that floods after a refusal and then stays silent is closed") {
    Pair pair(echo, {.body_bytes = 10, .linger_limit = 20ms});
    auto const text =
        pair.run(flood(pair.world.clock, pair.endpoint,
                       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"));
    CHECK(text == "HTTP/1.1 413");
}

/// Sends one byte of a body after the other, much oftener than the longest silence.
Async<std::string> drip(Clock& clock, Endpoint endpoint) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(std::move(endpoint));
    co_await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    auto const until = clock.now() + 5s;
    while (clock.now() < until && !client.is_broken() && !client.has_input()) {
        co_await client.send("x");
        co_await clock.sleep(2ms);
    }
    if (clock.now() >= until) co_return "still reading";
    co_return co_await client.read_until("\r\n");
}

TEST_CASE("server: a body that comes byte by byte is given up when its budget is spent") {
    Pair pair(echo, {.body_limit = 60ms, .min_rate = 100'000});
    CHECK(pair.run(drip(pair.world.clock, pair.endpoint)) == "HTTP/1.1 408 Request Timeout\r\n");
}

TEST_CASE("server: a route may have a lower limit for bodies than the server") {
    auto const limit = [](std::string_view method,
                          std::string_view target) -> std::optional<std::uint64_t> {
        if (method == "POST" && target == "/small") return 3;
        return {};
    };
    Pair pair(ServerOptions{.limits = {.body_bytes = 100}, .body_limit = limit}, echo);
    auto const status = [&](std::string target, std::string rest) {
        auto const head = "POST " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
        return pair.run(say(pair.endpoint, head + rest)).substr(9, 3);
    };
    CHECK(status("/small", "Content-Length: 3\r\n\r\nabc") == "200");
    CHECK(status("/small", "Content-Length: 4\r\n\r\nabcd") == "413");
    CHECK(status("/large", "Content-Length: 4\r\n\r\nabcd") == "200");
    std::string const chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
    CHECK(status("/small", chunked + "1\r\nc\r\n0\r\n\r\n") == "200");
    CHECK(status("/small", chunked + "2\r\ncd\r\n0\r\n\r\n") == "413");
}

std::string const kept = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";

Async<std::string> four_for_three(Clock& clock, Endpoint endpoint) {
    auto const executor = co_await asio::this_coro::executor;
    RawClient first(executor), second(executor), fresh(executor), fourth(executor);
    co_await fresh.connect(endpoint);
    co_await first.connect(endpoint);
    co_await first.send(kept);
    co_await first.read_until("GET /now ");
    co_await second.connect(endpoint);
    co_await second.send(kept);
    co_await second.read_until("GET /now ");
    // The older connection is used again: now the younger one is idle for longest. An empty line
    // is no use.
    co_await clock.sleep(5ms);
    co_await first.send(kept);
    co_await first.read_until("GET /now ");
    co_await second.send("\r\n");
    co_await clock.sleep(20ms);

    co_await fourth.connect(endpoint);
    co_await fourth.send(kept);
    auto const answer = co_await fourth.read_until("GET /now ");
    std::string open;
    if (!second.has_input()) open += "second ";
    // Both of these are still good for a request.
    co_await first.send(kept);
    auto const again = co_await first.read_until("GET /now ");
    if (again.ends_with("GET /now ")) open += "first ";
    co_await fresh.send(kept);
    auto const begun = co_await fresh.read_until("GET /now ");
    if (begun.ends_with("GET /now ")) open += "fresh ";
    co_return open + (answer.ends_with("GET /now ") ? "fourth" : "");
}

TEST_CASE("server: at its bound it closes what was used least recently, never a fresh connection") {
    std::string logged;
    log::set_sink([&](std::string_view line) { logged += std::string(line) + "\n"; });
    Pair pair(echo, {.first_request_limit = 30s, .max_connections = 3});
    CHECK(pair.run(four_for_three(pair.world.clock, pair.endpoint)) == "first fresh fourth");
    log::set_sink({});
    auto const warning = logged.find("warning net: all 3 connections are in use");
    CHECK(warning != std::string::npos);
    CHECK(logged.find("connections are in use", warning + 40) == std::string::npos);
}

Async<int> connect_many(Clock& clock, Endpoint endpoint, int count) {
    auto const executor = co_await asio::this_coro::executor;
    std::list<RawClient> clients;
    for (int i = 0; i < count; ++i) {
        auto& client = clients.emplace_back(executor);
        co_await client.connect(endpoint);
        co_await client.send(kept);
        co_await client.read_until("GET /now ");
    }
    co_await clock.sleep(5ms);
    int closed = 0;
    for (auto& client : clients) closed += client.has_input() ? 1 : 0;
    co_return closed;
}

TEST_CASE("server: the limit of descriptors bounds its clients, with a share left for others") {
    rlimit usual{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
    auto tight = usual;
    tight.rlim_cur = 140; // 128 are reserved
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
    std::optional<Pair> pair;
    pair.emplace(echo);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    CHECK(pair->run(connect_many(pair->world.clock, pair->endpoint, 15)) == 3);
}

Async<std::string> silent_crowd(Endpoint endpoint) {
    auto const executor = co_await asio::this_coro::executor;
    RawClient first(executor), second(executor), third(executor);
    co_await first.connect(endpoint);
    co_await second.connect(endpoint);
    co_await third.connect(endpoint);
    co_await third.send(kept);
    co_return co_await third.read_until("GET /now ");
}

TEST_CASE("server: connections that never send anything lose their protection soon") {
    Pair pair(echo, {.first_request_limit = 20ms, .max_connections = 2});
    CHECK(pair.run(silent_crowd(pair.endpoint)).ends_with("GET /now "));
}

TEST_CASE("server: a connection that is not admitted gets a 403 with a sentence on its requests") {
    std::string asked;
    auto const admit = [&](TcpTuple const& client) -> std::optional<std::string> {
        asked = client.source.address().to_string();
        return "not you";
    };
    Pair pair(ServerOptions{.admit_connection = admit}, echo);
    auto const text = pair.run(say(pair.endpoint, kept));
    CHECK(text.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(text.ends_with("\r\n\r\n{\"message\":\"not you\"}"));
    CHECK(asked == "127.0.0.1");
}

TEST_CASE("server: a request that is not admitted is refused before its body is read") {
    auto const admit = [](std::string_view method,
                          Headers const& headers) -> std::optional<std::string> {
        if (method == "POST" && headers.contains("Origin")) return "not from there";
        return {};
    };
    Pair pair(ServerOptions{.admit_request = admit}, echo);
    auto const text = pair.run(
        say(pair.endpoint, "POST / HTTP/1.1\r\nHost: x\r\nOrigin: y\r\nContent-Length: 9\r\n\r\n"));
    CHECK(text.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(text.ends_with("{\"message\":\"not from there\"}"));
    CHECK(pair.run(say(pair.endpoint, "GET / HTTP/1.0\r\nOrigin: y\r\n\r\n")).substr(9, 3) ==
          "200");
}

TEST_CASE("server: a refused HEAD has no body") {
    auto const admit = [](std::string_view, Headers const&) -> std::optional<std::string> {
        return "no";
    };
    Pair pair(ServerOptions{.admit_request = admit}, echo);
    CHECK(pair.run(say(pair.endpoint, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")).ends_with("\r\n\r\n"));
}

} // namespace
} // namespace heliosd::net::test
