// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/task_group.h"
#include "net/http/client.h"
#include "net/http/server.h"
#include "net/resolver.h"
#include "net/socket_diag.h"

#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <cerrno>
#include <filesystem>

#include <sys/socket.h>

namespace heliosd::net::test {

/// A server with some handler and a client, on real sockets; `talk` is what the test does with
/// them while the server runs.
struct Pair {
    explicit Pair(Handler handler, ServerLimits limits = {}, Clock* clock = nullptr,
                  DecorateError decorate_error = {})
        : Pair(ServerOptions{.limits = limits, .decorate_error = std::move(decorate_error)},
               std::move(handler), clock) {}
    Pair(ServerOptions options, Handler handler, Clock* clock = nullptr)
        : server(world.executor(), clock ? *clock : world.clock, std::move(handler),
                 std::move(options)) {
        auto const bound = server.listen({.host = "127.0.0.1", .port = 0});
        REQUIRE(bound);
        endpoint = {.host = "127.0.0.1", .port = *bound};
    }

    /// May be called again: the server then listens anew, at the same port.
    template <class T> T run(Async<T> talk) {
        if (!std::exchange(listening, true)) REQUIRE(server.listen(endpoint));
        std::optional<T> value;
        world.run(scope_of(std::move(talk), value));
        listening = false;
        return std::move(*value);
    }

    heliosd::test::RealWorld world;
    TaskGroup tasks{world.executor()};
    SystemResolver resolver{world.clock};
    RealHttpClient client{resolver};
    Server server;
    bool listening = true;
    Endpoint endpoint;
    Duration grace = std::chrono::seconds{10};

private:
    template <class T> Async<void> scope_of(Async<T> talk, std::optional<T>& value) {
        return tasks.scope(body(std::move(talk), value));
    }
    template <class T> Async<void> body(Async<T> talk, std::optional<T>& value) {
        tasks.spawn("server", server.run(grace));
        value.emplace(co_await std::move(talk));
    }
};

/// A client that says exactly what a test wants it to say.
class RawClient {
public:
    explicit RawClient(Executor executor) : socket_(executor) {}

    Async<void> connect(Endpoint endpoint) {
        asio::ip::tcp::endpoint const address(asio::ip::make_address(endpoint.host), endpoint.port);
        co_await socket_.async_connect(address, asio::use_awaitable);
    }
    /// The same without the loop, before it runs.
    void connect_now(Endpoint const& endpoint) {
        socket_.connect({asio::ip::make_address(endpoint.host), endpoint.port});
    }
    Async<void> send(std::string text) {
        boost::system::error_code ec;
        co_await asio::async_write(socket_, asio::buffer(text),
                                   asio::redirect_error(asio::use_awaitable, ec));
        broken_ = broken_ || ec;
    }
    /// Everything up to and including `end`, or to the end of the connection.
    Async<std::string> read_until(std::string end) {
        boost::system::error_code ec;
        while (!ec && seen_.find(end) == std::string::npos) {
            char piece[4096];
            auto const count = co_await socket_.async_read_some(
                asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ec));
            seen_.append(piece, count);
        }
        auto const at = seen_.find(end);
        auto const length = at == std::string::npos ? seen_.size() : at + end.size();
        auto text = seen_.substr(0, length);
        seen_.erase(0, length);
        co_return text;
    }
    /// Everything until the server closes the connection.
    Async<std::string> read_to_end() { return read_until(std::string(1, '\0') + "never"); }

    void close() { socket_.close(); }
    /// Whether sending has failed: Asio never completes another one.
    bool is_broken() const { return broken_; }
    /// Whether the server has sent something, or closed the connection.
    bool has_input() {
        char byte;
        auto const count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return count >= 0 || errno != EAGAIN;
    }

private:
    asio::ip::tcp::socket socket_;
    std::string seen_;
    bool broken_ = false;
};

/// What the server says to `text`, until it closes the connection.
inline Async<std::string> say(Endpoint endpoint, std::string text) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(std::move(endpoint));
    co_await client.send(std::move(text));
    co_return co_await client.read_to_end();
}

inline Async<Response> echo(Request request, Context) {
    Response response;
    response.body = request.method + " " + request.target + " " + request.body;
    co_return response;
}

} // namespace heliosd::net::test
