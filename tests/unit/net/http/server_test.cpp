// SPDX-License-Identifier: Apache-2.0
#include "unit/net/http/http_support.h"

#include "base/log.h"

namespace heliosd::net::test {
namespace {

using namespace std::chrono_literals;

std::string first_line(std::string const& text) {
    return text.substr(0, text.find("\r\n"));
}

TEST_CASE("server: requests sent ahead are answered in their order") {
    Pair pair(echo);
    auto const text = pair.run(say(pair.endpoint, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                                                  "\r\nPOST /2 HTTP/1.1\r\nHost: x\r\n"
                                                  "Content-Length: 2\r\n\r\nab"
                                                  "GET /3 HTTP/1.1\r\nHost: x\r\n"
                                                  "Connection: close\r\n\r\n"));
    CHECK(text == "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nGET /1 "
                  "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nPOST /2 ab"
                  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /3 ");
}

TEST_CASE("server: HTTP/1.0 clients get one answer and the end of the connection") {
    Pair pair(echo);
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.0\r\n\r\n"));
    CHECK(text == "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nGET / ");
    auto const kept = pair.run(say(pair.endpoint, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                                                  "GET / HTTP/1.0\r\n\r\n"));
    CHECK(kept.find("Connection: keep-alive\r\n\r\nGET / HTTP/1.1 200") != std::string::npos);
}

Async<Response> with_headers(Request, Context) {
    Response response;
    response.status = 404;
    response.headers.add("Helios-Server-Version", "0.9.283");
    response.headers.add("X-Split", "a\r\nEvil: yes");
    response.headers.add("Content-Length", "77");
    response.headers.add("transfer-encoding", "gzip");
    co_return response;
}

TEST_CASE("server: headers leave as they were written, and cannot break the framing") {
    Pair pair(with_headers);
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.0\r\n\r\n"));
    CHECK(text == "HTTP/1.1 404 Not Found\r\nHelios-Server-Version: 0.9.283\r\n"
                  "X-Split: a  Evil: yes\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("server: HEAD gets the head of GET") {
    Pair pair(echo);
    auto const text =
        pair.run(say(pair.endpoint, "HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    CHECK(text == "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n");
}

Async<Response> no_content(Request, Context) {
    co_return Response{.status = 204};
}

TEST_CASE("server: an answer that can have no body says nothing of one") {
    Pair pair(no_content);
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.0\r\n\r\n"));
    CHECK(text == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

Async<Response> throws(Request, Context) {
    throw std::runtime_error("a bug");
    co_return Response{};
}

TEST_CASE("server: a handler that throws is answered 500, and the connection goes on") {
    std::string logged;
    log::set_sink([&](std::string_view line) { logged += line; });
    Pair pair(throws);
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                                                  "GET / HTTP/1.0\r\n\r\n"));
    CHECK(first_line(text) == "HTTP/1.1 500 Internal Server Error");
    auto const body = text.substr(text.find("\r\n\r\n") + 4);
    std::string const start = "{\"message\":\"There was an error processing your request. It has "
                              "been logged (ID ";
    CHECK(body.starts_with(start));
    CHECK(body.substr(start.size() + 16).starts_with(").\"}HTTP/1.1 500 "));
    log::set_sink({});
    CHECK(logged.find("GET / failed, answered 500: a bug id=" + body.substr(start.size(), 16)) !=
          std::string::npos);
}

TEST_CASE("server: what is no proper request is refused and ends the connection") {
    Pair pair(echo, {.head_bytes = 2000, .body_bytes = 100});
    auto const status = [&](std::string text) {
        auto const answer = pair.run(say(pair.endpoint, text + "GET / HTTP/1.1\r\n"));
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(answer.find("{\"message\":\"") != std::string::npos);
        return answer.substr(9, 3);
    };
    CHECK(status("nonsense\r\n\r\n") == "400");
    CHECK(status("GET / HTTP/1.1\r\n\r\n") == "400");
    CHECK(status("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(4000, 'a')) == "431");
    CHECK(status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n") == "413");
    CHECK(status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n70\r\n") ==
          "413");
    CHECK(status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: gold\r\n\r\n") ==
          "417");
}

Async<std::string> hesitate(Endpoint endpoint, bool& answered_early) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(endpoint);
    co_await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                         "Expect: 100-continue\r\nConnection: close\r\n\r\n");
    auto const line = co_await client.read_until("\r\n\r\n");
    answered_early = line == "HTTP/1.1 100 Continue\r\n\r\n";
    co_await client.send("ab");
    co_return co_await client.read_to_end();
}

TEST_CASE("server: a client that asks first is told to go on") {
    Pair pair(echo);
    bool answered_early = false;
    auto const text = pair.run(hesitate(pair.endpoint, answered_early));
    CHECK(answered_early);
    CHECK(text.ends_with("POST / ab"));
}

TEST_CASE("server: a body announced too large is refused before it is sent") {
    Pair pair(echo, {.body_bytes = 10});
    auto const text = pair.run(say(pair.endpoint, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                                  "11\r\nExpect: 100-continue\r\n\r\n"));
    CHECK(first_line(text) == "HTTP/1.1 413 Payload Too Large");
}

TEST_CASE("server: clients that are too slow are let go") {
    Pair pair(echo, {.head_limit = 30ms, .body_limit = 40ms, .idle_limit = 50ms});
    auto const status = [&](std::string text) {
        return first_line(pair.run(say(pair.endpoint, std::move(text))));
    };
    CHECK(status("GET / HT") == "HTTP/1.1 408 Request Timeout");
    CHECK(status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na") ==
          "HTTP/1.1 408 Request Timeout");
    CHECK(status("") == "");
    CHECK(status("\r\n") == "");
}

/// Shared by a handler and its test.
struct Seen {
    int begun = 0, cancelled = 0, ended = 0;
};

Async<Response> wait_long(Clock& clock, Seen* seen) {
    ++seen->begun;
    struct Watch {
        Seen* seen;
        ~Watch() { ++seen->cancelled; }
    } watch{seen};
    co_await clock.sleep(1h);
    co_return Response{};
}

Async<int> leave_early(Clock& clock, Endpoint endpoint, std::string text, Seen* seen) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(std::move(endpoint));
    co_await client.send(std::move(text));
    while (seen->begun == 0) co_await clock.sleep(1ms);
    client.close();
    while (seen->cancelled == 0) co_await clock.sleep(1ms);
    co_return seen->cancelled;
}

TEST_CASE("server: much more sent ahead than is kept comes to no harm") {
    Pair pair(echo);
    std::string const piece = "GET /" + std::string(900, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n";
    std::string text;
    for (int i = 0; i < 500; ++i) text += piece;
    auto const answer = pair.run(say(pair.endpoint, text + "GET /last HTTP/1.0\r\n\r\n"));
    CHECK(answer.size() > 500 * 900);
    CHECK(answer.ends_with("GET /last "));
}

TEST_CASE("server: a handler is cancelled when its client leaves, also behind bytes sent ahead") {
    std::string const ahead = GENERATE("", "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    Seen seen;
    heliosd::RealClock clock;
    Pair pair([&](Request, Context) { return wait_long(clock, &seen); });
    auto const text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + ahead;
    CHECK(pair.run(leave_early(clock, pair.endpoint, text, &seen)) == 1);
    CHECK(seen.begun == 1);
}

TEST_CASE("server: a handler that takes too long is cancelled and answered 503") {
    Seen seen;
    heliosd::RealClock clock;
    Pair pair([&](Request, Context) { return wait_long(clock, &seen); }, {.answer_limit = 30ms});
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(first_line(text) == "HTTP/1.1 503 Service Unavailable");
    CHECK(seen.cancelled == 1);
}

/// Marks an answer, and shows what it was told of the request.
void sign(Headers const& request, Headers& answer) {
    auto const* const name = request.find("X-Name");
    answer.set("X-Signed-For", name ? *name : "nobody");
}

Async<Response> never(Request, Context) {
    heliosd::RealClock clock;
    co_await clock.sleep(1h);
    co_return Response{};
}

TEST_CASE("server: its own answers carry what its owner adds, the handler's do not") {
    ServerLimits const limits{.head_bytes = 2000,
                              .body_bytes = 100,
                              .head_limit = 30ms,
                              .body_limit = 30ms,
                              .answer_limit = 30ms};
    auto const signed_for = [&](Handler handler, std::string text) {
        Pair pair(std::move(handler), limits, nullptr, sign);
        auto const answer = pair.run(say(pair.endpoint, std::move(text)));
        auto const at = answer.find("X-Signed-For: ");
        auto const name = at == std::string::npos ? "" : first_line(answer.substr(at + 14));
        return answer.substr(9, 4) + name;
    };
    std::string const head = " / HTTP/1.1\r\nHost: x\r\nX-Name: me\r\n";
    CHECK(signed_for(echo, "nonsense\r\n\r\n") == "400 nobody");
    CHECK(signed_for(echo, "GET" + head + "Host: y\r\n\r\n") == "400 me");
    CHECK(signed_for(echo, "GET" + head) == "408 nobody");
    CHECK(signed_for(echo, "GET" + head + "A: " + std::string(4000, 'a')) == "431 me");
    CHECK(signed_for(echo, "POST" + head + "Content-Length: 101\r\n\r\n") == "413 me");
    CHECK(signed_for(echo, "POST" + head + "Content-Length: 2\r\n\r\na") == "408 me");
    CHECK(signed_for(echo, "POST" + head + "Content-Length: 2\r\nExpect: gold\r\n\r\n") ==
          "417 me");
    CHECK(signed_for(never, "GET" + head + "\r\n") == "503 me");
    CHECK(signed_for(echo, "GET" + head + "Connection: close\r\n\r\n") == "200 ");
}

TEST_CASE("server: an address in use is refused with its name and the reason") {
    Pair pair(echo);
    Server second(pair.world.executor(), pair.world.clock, echo);
    auto const bound = second.listen(pair.endpoint);
    REQUIRE(!bound);
    CHECK(bound.error().message ==
          fmt::format("cannot listen on http://127.0.0.1:{}: address already in use: stop what "
                      "listens there, or choose another address",
                      pair.endpoint.port));
    CHECK(second.listen({.scheme = Scheme::tls, .host = "127.0.0.1"}).error().message.find("TLS") !=
          std::string::npos);
    CHECK(!second.listen({.host = "no.such.host.invalid"}));
    CHECK(!second.listen({.scheme = Scheme::unix_socket, .path = "/nowhere/at/all"}));
    CHECK(second.listen({.host = "localhost", .port = 0}));
    CHECK(second.listen({.host = "", .port = 0}));
}

} // namespace
} // namespace heliosd::net::test
