// SPDX-License-Identifier: Apache-2.0
#include "unit/net/http/http_support.h"

namespace heliosd::net::test {
namespace {

using namespace std::chrono_literals;

/// Gives the pieces one after the other; then ends, fails, throws or waits for ever.
class Pieces final : public BodySource {
public:
    enum class Then { end, fail, fault, wait };
    Pieces(std::vector<std::string> pieces, Then then, Clock& clock, int* gone = nullptr)
        : pieces_(std::move(pieces)), then_(then), clock_(clock), gone_(gone) {}
    ~Pieces() override {
        if (gone_) ++*gone_;
    }

    Async<Result<std::string>> read() override {
        co_await clock_.sleep(0ms);
        if (next_ < pieces_.size()) co_return pieces_[next_++];
        if (then_ == Then::fail) co_return heliosd::fail(Errc::io, "no more");
        if (then_ == Then::fault) throw std::runtime_error("a bug in a source");
        if (then_ == Then::wait) co_await clock_.sleep(1h);
        co_return std::string();
    }

private:
    std::vector<std::string> pieces_;
    Then then_;
    Clock& clock_;
    int* gone_;
    std::size_t next_ = 0;
};

/// Answers every request with such a body.
struct Streams {
    std::vector<std::string> pieces{"hello ", "world"};
    Pieces::Then then = Pieces::Then::end;
    std::optional<std::string> length;
    int gone = 0;
    heliosd::RealClock clock;

    Async<Response> answer() {
        Response response;
        if (length) response.headers.add("Content-Length", *length);
        response.body = std::make_unique<Pieces>(pieces, then, clock, &gone);
        co_return response;
    }
    Handler handler() {
        return [this](Request, Context) { return answer(); };
    }
};

TEST_CASE("streaming: a body that is produced on the way goes in chunks") {
    Streams streams;
    Pair pair(streams.handler());
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                                                  "GET / HTTP/1.0\r\n\r\n"));
    CHECK(text == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world");
    CHECK(streams.gone == 2);
}

TEST_CASE("streaming: a body of promised length goes as it is") {
    Streams streams;
    streams.length = "11";
    Pair pair(streams.handler());
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
                                                  "HEAD / HTTP/1.1\r\nHost: x\r\n"
                                                  "Connection: close\r\n\r\n"));
    CHECK(text == "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"
                  "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n");
}

TEST_CASE("streaming: a body shorter or longer than promised ends the connection") {
    auto const length = GENERATE("10", "12");
    Streams streams;
    streams.length = length;
    Pair pair(streams.handler());
    Request request{.method = "GET", .target = "/"};
    auto const text = pair.run(say(pair.endpoint, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    auto const body = text.substr(text.find("\r\n\r\n") + 4);
    CHECK(std::string("hello world").starts_with(body));
    CHECK(body.size() <= std::stoul(length));
}

TEST_CASE("streaming: a body that breaks off is seen to be incomplete") {
    Streams streams;
    streams.then = GENERATE(Pieces::Then::fail, Pieces::Then::fault);
    Pair pair(streams.handler());
    Request request{.method = "GET", .target = "/"};
    auto const answer = pair.run(pair.client.call(pair.endpoint, std::move(request)));
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::closed);
    CHECK(answer.error().message.find("before the answer was whole") != std::string::npos);
}

TEST_CASE("streaming: fragments that answers share are written one after the other") {
    auto const shared = std::make_shared<std::string const>("abc");
    Pair pair([shared](Request, Context) -> Async<Response> {
        return [](Fragment fragment) -> Async<Response> {
            Response response;
            response.body = std::vector<Fragment>(1000, fragment);
            co_return response;
        }(shared);
    });
    Request request{.method = "GET", .target = "/"};
    auto const answer = pair.run(pair.client.call(pair.endpoint, std::move(request)));
    REQUIRE(answer);
    CHECK(*answer->headers.find("Content-Length") == "3000");
    CHECK(answer->body.size() == 3000);
    CHECK(answer->body.starts_with("abcabcabc"));
}

Async<std::string> read_two(Pair& pair, std::size_t& pieces) {
    auto opened = co_await pair.client.open(pair.endpoint, {.method = "GET", .target = "/"});
    std::string text;
    for (pieces = 0; text.size() < 11; ++pieces) {
        auto piece = co_await opened->body->read();
        text += piece.value();
    }
    co_return text;
}

Async<bool> read_then_leave(Pair& pair, Streams& streams) {
    std::size_t pieces = 0;
    auto text = co_await read_two(pair, pieces);
    while (streams.gone == 0) co_await streams.clock.sleep(1ms);
    co_return text == "hello world";
}

TEST_CASE("streaming: pieces arrive as they are made, and the source ends when the client leaves") {
    Streams streams;
    streams.then = Pieces::Then::wait;
    Pair pair(streams.handler());
    CHECK(pair.run(read_then_leave(pair, streams)));
    CHECK(streams.gone == 1);
}

Async<Errc> wait_idle(Pair& pair) {
    CallOptions const options{.idle_limit = 30ms};
    auto opened =
        co_await pair.client.open(pair.endpoint, {.method = "GET", .target = "/"}, options);
    for (;;) {
        auto piece = co_await opened->body->read();
        if (!piece) co_return static_cast<Errc>(piece.error().code.value());
    }
}

TEST_CASE("streaming: silence in a body is noticed after the caller's limit") {
    Streams streams;
    streams.then = Pieces::Then::wait;
    Pair pair(streams.handler());
    CHECK(pair.run(wait_idle(pair)) == Errc::timed_out);
}

/// A client that asks for far more than any socket buffers, and reads nothing.
Async<bool> never_read(Pair& pair, Streams& streams) {
    RawClient client(co_await asio::this_coro::executor);
    co_await client.connect(pair.endpoint);
    co_await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (streams.gone == 0) co_await streams.clock.sleep(1ms);
    co_return true;
}

TEST_CASE("streaming: a client that does not read is let go") {
    Streams streams;
    streams.pieces = std::vector<std::string>(100, std::string(1'000'000, 'x'));
    Pair pair(streams.handler(), {.write_limit = 30ms});
    CHECK(pair.run(never_read(pair, streams)));
}

} // namespace
} // namespace heliosd::net::test
