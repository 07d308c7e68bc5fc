// SPDX-License-Identifier: Apache-2.0
#include "unit/net/http/http_support.h"

#include <boost/asio/local/stream_protocol.hpp>

#include <deque>

namespace heliosd::net::test {
namespace {

using namespace std::chrono_literals;

/// A server that says the next of its lines to every request, whatever was asked, and closes the
/// connection after those that say so.
struct Script {
    struct Line {
        std::string text;
        bool close = false;
    };

    Script() : acceptor(world.executor(), {asio::ip::address_v4::loopback(), 0}) {
        endpoint = {.host = "127.0.0.1", .port = acceptor.local_endpoint().port()};
    }

    Async<void> serve() {
        for (;;) {
            asio::ip::tcp::socket socket(world.executor());
            co_await acceptor.async_accept(socket, asio::use_awaitable);
            ++connections;
            tasks.spawn("connection", answer(std::move(socket)));
        }
    }

    Async<void> answer(asio::ip::tcp::socket socket) {
        char request[4096];
        boost::system::error_code ec;
        while (!ec) {
            auto const count = co_await socket.async_read_some(
                asio::buffer(request), asio::redirect_error(asio::use_awaitable, ec));
            heard += std::string(request, count);
            if (ec || lines.empty()) continue;
            auto const line = lines.front();
            lines.pop_front();
            co_await asio::async_write(socket, asio::buffer(line.text),
                                       asio::redirect_error(asio::use_awaitable, ec));
            if (line.close) break;
        }
    }

    template <class T> T run(Async<T> talk) {
        std::optional<T> value;
        world.run(scope_of(std::move(talk), value));
        return std::move(*value);
    }
    Result<FullResponse> get(CallOptions options = {}, std::string method = "GET") {
        Request request{.method = std::move(method), .target = "/a"};
        return run(client.call(endpoint, std::move(request), options));
    }

    heliosd::test::RealWorld world;
    TaskGroup tasks{world.executor()};
    asio::ip::tcp::acceptor acceptor;
    SystemResolver resolver{world.clock};
    RealHttpClient client{resolver};
    Endpoint endpoint;
    std::deque<Line> lines;
    std::string heard;
    int connections = 0;

private:
    template <class T> Async<void> scope_of(Async<T> talk, std::optional<T>& value) {
        return tasks.scope(body(std::move(talk), value));
    }
    template <class T> Async<void> body(Async<T> talk, std::optional<T>& value) {
        tasks.spawn("server", serve());
        value.emplace(co_await std::move(talk));
    }
};

std::string const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Async<int> call_often(Script& script, int times, std::string method) {
    int good = 0;
    for (int i = 0; i < times; ++i) {
        Request request{.method = method, .target = "/"};
        auto const answer = co_await script.client.call(script.endpoint, std::move(request));
        if (answer && answer->body == "ok") ++good;
    }
    co_return good;
}

TEST_CASE("client: the request is plain and its length is told where a body may be") {
    Script script;
    script.lines = {{ok, true}, {ok, true}};
    REQUIRE(script.get());
    auto const host = host_header(script.endpoint);
    CHECK(script.heard == "GET /a HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    script.heard.clear();
    REQUIRE(script.get({}, "POST"));
    CHECK(script.heard == "POST /a HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("client: a connection serves one call after the other") {
    Script script;
    script.lines = {{ok}, {ok}, {ok}};
    CHECK(script.run(call_often(script, 3, "POST")) == 3);
    CHECK(script.connections == 1);
}

TEST_CASE("client: a connection that the server has closed is not used again") {
    Script script;
    // It said keep-alive, and closed all the same.
    script.lines = {{ok, true}, {ok, true}, {ok, true}};
    CHECK(script.run(call_often(script, 3, "GET")) == 3);
    CHECK(script.connections == 3);
}

TEST_CASE("client: what dies at the next request is tried again for GET only") {
    for (auto const* const method : {"GET", "POST"}) {
        Script script;
        // The second request on the connection is heard and never answered.
        script.lines = {{ok}, {"", true}, {ok}};
        CHECK(script.run(call_often(script, 2, method)) == (method == std::string("GET") ? 2 : 1));
    }
}

TEST_CASE("client: what dies in the middle of an answer is not tried again") {
    Script script;
    script.lines = {{ok}, {"HTTP/1.1 200 OK\r\nContent-Le", true}, {ok}};
    CHECK(script.run(call_often(script, 2, "GET")) == 1);
    CHECK(script.connections == 1);
}

TEST_CASE("client: on a new connection nothing is tried twice") {
    Script script;
    script.lines = {{"", true}, {ok}};
    auto const answer = script.get();
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::closed);
}

TEST_CASE("client: announcements before the answer are skipped") {
    Script script;
    script.lines = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok}};
    CHECK(script.get()->body == "ok");
}

TEST_CASE("client: a body in chunks, and one that ends with the connection") {
    Script script;
    script.lines = {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n"
                     "0\r\n\r\n",
                     true},
                    {"HTTP/1.1 200 OK\r\n\r\nok", true}};
    CHECK(script.get()->body == "ok");
    CHECK(script.get()->body == "ok");
}

TEST_CASE("client: the answer to HEAD has no body to wait for") {
    Script script;
    script.lines = {{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"}};
    auto const answer = script.get({}, "HEAD");
    REQUIRE(answer);
    CHECK(answer->body.empty());
}

TEST_CASE("client: an answer that is no HTTP, too large or too late is told apart") {
    Script script;
    auto const after = [&](std::string text, CallOptions options = {}) {
        script.lines = {{std::move(text)}};
        auto const answer = script.get(options);
        return answer ? std::error_code() : answer.error().code;
    };
    CHECK(after("SSH-2.0-OpenSSH\r\n\r\n") == Errc::invalid);
    CHECK(after("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n") == Errc::invalid);
    CHECK(after("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a')) == Errc::invalid);
    CHECK(after("HTTP/1.1 200 OK\r\n\r\n123", {.max_body = 2}) == Errc::too_large);
    CHECK(after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", {.idle_limit = 30ms}) ==
          Errc::timed_out);
    CHECK(after("", {.idle_limit = 30ms}) == Errc::timed_out);
}

TEST_CASE("client: a line break in a header is refused before anything is sent") {
    Script script;
    Request request{.method = "GET", .target = "/"};
    request.headers.add("X", "a\r\nEvil: yes");
    auto const answer = script.run(script.client.call(script.endpoint, std::move(request)));
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::invalid);
    CHECK(script.connections == 0);
}

TEST_CASE("client: where nobody listens, the sentence says where and why") {
    heliosd::test::RealWorld world;
    SystemResolver resolver(world.clock);
    RealHttpClient client(resolver);
    auto const sentence = [&](Endpoint endpoint) {
        auto const answer = world.run(client.call(std::move(endpoint), {.method = "GET"}));
        CHECK(answer.error().code == Errc::unavailable);
        return answer.error().message;
    };
    CHECK(sentence({.host = "127.0.0.1", .port = 1}) ==
          "cannot connect to http://127.0.0.1:1: Connection refused");
    CHECK(sentence({.scheme = Scheme::unix_socket, .path = "/no/such.sock"}) ==
          "cannot connect to unix:///no/such.sock: No such file or directory");
    CHECK(sentence({.scheme = Scheme::tls, .host = "127.0.0.1", .port = 443}) ==
          "cannot connect to https://127.0.0.1:443: TLS is not supported yet: use http://");
}

/// A resolver that knows nobody, for one reason or another.
struct NoNames final : Resolver {
    explicit NoNames(Error error) : why(std::move(error)) {}
    Async<Result<std::vector<asio::ip::address>>> resolve(std::string, Duration) override {
        co_return std::unexpected(why);
    }
    Error why;
};

TEST_CASE("client: a host that does not exist is told from one that nobody could tell of") {
    heliosd::test::RealWorld world;
    auto const error = [&](Error why) {
        NoNames resolver(std::move(why));
        RealHttpClient client(resolver);
        return world.run(client.call({.host = "web", .port = 80}, {.method = "GET"})).error();
    };
    auto const missing = error({Errc::not_found, "there is no host 'web'"});
    CHECK(missing.code == Errc::not_found);
    CHECK(missing.message == "cannot connect to http://web:80: there is no host 'web'");
    CHECK(error({Errc::timed_out, "the name servers did not answer"}).code == Errc::unavailable);
    CHECK(error({Errc::unavailable, "server failure"}).code == Errc::unavailable);
}

Async<bool> full_queue(Endpoint endpoint, RealHttpClient& client, int listening) {
    // Nobody accepts: after the queue is full a Unix socket says EAGAIN.
    CallOptions const options{.connect_limit = 30ms, .idle_limit = 30ms};
    std::string seen;
    for (int i = 0; i < 8 && seen.find("cannot connect") == std::string::npos; ++i) {
        auto answer = co_await client.call(endpoint, {.method = "GET", .target = "/"}, options);
        if (answer) co_return false;
        seen = answer.error().message;
    }
    co_return seen.find("no answer within 30 ms") != std::string::npos&& listening >= 0;
}

TEST_CASE("client: a Unix socket whose queue is full is waited for, within the limit") {
    heliosd::test::RealWorld world;
    SystemResolver resolver(world.clock);
    RealHttpClient client(resolver);
    auto const path =
        std::filesystem::temp_directory_path() / fmt::format("heliosd-full-{}.sock", ::getpid());
    asio::local::stream_protocol::acceptor acceptor(world.executor());
    acceptor.open();
    acceptor.bind(path.string());
    acceptor.listen(0);
    Endpoint const endpoint{.scheme = Scheme::unix_socket, .path = path.string()};
    // Connections in the queue of one who never accepts stay there only while they are open.
    std::vector<asio::local::stream_protocol::socket> waiting;
    waiting.emplace_back(world.executor()).connect(path.string());
    CHECK(world.run(full_queue(endpoint, client, acceptor.native_handle())));
    std::filesystem::remove(path);
}

} // namespace
} // namespace heliosd::net::test
