// SPDX-License-Identifier: Apache-2.0
#include "net/http/parser.h"

#include "support/catch.h"

#include <fmt/format.h>

namespace heliosd::net {
namespace {

struct Outcome {
    int refused = 0; ///< status; 0 = accepted
    bool done = false;
    Head head;
    std::string body;
    std::size_t left = 0; ///< bytes that belong to the next message
};

/// Feeds `text` in pieces of `step` bytes, as a network might cut them.
Outcome feed(Parser parser, std::string_view text, std::size_t step) {
    Outcome outcome;
    std::string held;
    while (!text.empty() || !held.empty()) {
        auto const piece = text.substr(0, step);
        text.remove_prefix(piece.size());
        held += piece;
        std::size_t used = 1;
        while (used > 0 && !held.empty() && !parser.done()) {
            auto const taken = parser.put(held);
            if (!taken) {
                outcome.refused = taken.error().status;
                return outcome;
            }
            used = *taken;
            held.erase(0, used);
        }
        if (parser.done() || text.empty()) break;
    }
    outcome.done = parser.done();
    outcome.left = held.size() + text.size();
    if (parser.head_done()) outcome.head = parser.head();
    outcome.body = parser.take_body();
    return outcome;
}

Outcome request(std::string_view text, std::size_t step = 1'000'000,
                Parser::Limits limits = {.head_bytes = 1024, .body_bytes = 100}) {
    return feed(Parser::request(limits), text, step);
}

TEST_CASE("parser: a request is read alike however the network cuts it") {
    std::string const text =
        "POST /a?b=c HTTP/1.1\r\nHost: x\r\nHelios-Version:  0.9.283 \r\n"
        "Transfer-Encoding: Chunked\r\n\r\n"
        "5;note=1\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nLate: yes\r\n\r\nGET";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        auto const outcome = request(text, step);
        REQUIRE(outcome.refused == 0);
        REQUIRE(outcome.done);
        CHECK(outcome.head.method == "POST");
        CHECK(outcome.head.target == "/a?b=c");
        CHECK(*outcome.head.headers.find("Helios-Version") == "0.9.283");
        CHECK(!outcome.head.headers.contains("Late"));
        CHECK(outcome.head.keep_alive);
        CHECK(outcome.body == "hello world");
        CHECK(outcome.left == 3);
    }
}

TEST_CASE("parser: heads that two readers could read differently are refused") {
    struct Row {
        int status;
        std::string_view text;
    };
    // Each is complete, so accepting it would show as 0.
    auto const row = GENERATE(values<Row>({
        {0, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
        {0, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {0, "GET / HTTP/1.0\r\n\r\n"},
        {0, "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n"},
        {0, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"},
        {0, "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
        {400, "GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
        {400, "GET path HTTP/1.1\r\nHost: x\r\n\r\n"},
        {400, "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"},
        {505, "GET / FTP/1.1\r\nHost: x\r\n\r\n"},
        {400, "GET /\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\na"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
              "1\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n"},
        {400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"},
        {400,
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"},
        {413, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\na"},
    }));
    INFO(row.text);
    CHECK(request(row.text).refused == row.status);
    CHECK(request(row.text, 1).refused == row.status);
    CHECK(request(row.text).done == (row.status == 0));
}

TEST_CASE("parser: a head over the limit is refused as such, complete or not") {
    std::string const start = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
    std::string const end = "\r\n\r\n";
    std::string const filler(1024 - start.size() - end.size(), 'a');
    for (std::size_t const step : {1, 7, 512, 1'000'000}) {
        CHECK(request(start + filler + end, step).done);
        CHECK(request(start + filler + "a" + end, step).refused == 431);
        CHECK(request(start + filler + end + start + filler + end, step).done);
        CHECK(request(start + std::string(2048, 'a'), step).refused == 431);
        CHECK(request("GET /" + std::string(2048, 'a'), step).refused == 431);
    }
    // Pieces of which nearly all can be used at once.
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\nA";
    for (int i = 0; i < 200; ++i) many += ": b\r\nA";
    CHECK(request(many, 6).refused == 431);
}

TEST_CASE("parser: what was refused stays refused, and what is complete takes no more") {
    Parser::Limits const limits{.head_bytes = 1024, .body_bytes = 100};
    auto broken = Parser::request(limits);
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    REQUIRE(broken.put(head) == head.size());
    for (int i = 0; i < 2; ++i) {
        auto const outcome = broken.put("3\r\nabc\r\n0 x\r\n\r\n");
        REQUIRE(!outcome);
        CHECK(outcome.error().status == 400);
    }
    CHECK(!broken.put_end());
    auto hostless = Parser::request(limits);
    CHECK(!hostless.put("GET / HTTP/1.1\r\n\r\n"));
    CHECK(!hostless.done());
    auto long_one = Parser::response(limits, false);
    std::string const unlimited = "HTTP/1.1 200 OK\r\n\r\n";
    REQUIRE(long_one.put(unlimited) == unlimited.size());
    CHECK(long_one.put(std::string(101, 'a')).error().status == 413);
    CHECK(!long_one.put_end());
    CHECK(!long_one.done());
    auto complete = Parser::request(limits);
    std::string const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    REQUIRE(complete.put(request) == request.size());
    REQUIRE(complete.done());
    CHECK(complete.put(request) == 0u);
}

TEST_CASE("parser: a body of no chunks may end in any pieces") {
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::string_view const end :
         {"0\r\n\r\n", "0\r\nA: b\r\n\r\n", "0;a=b\r\n\r\n", "000\r\n\r\n"}) {
        for (std::size_t step = 1; step <= 8; ++step) {
            auto const outcome = request(head + std::string(end), step);
            CHECK(outcome.done);
            CHECK(outcome.body.empty());
            CHECK(outcome.left == 0);
        }
    }
}

TEST_CASE("parser: chunks within a limit together stay within it") {
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto const chunk = "32\r\n" + std::string(50, 'a') + "\r\n";
    CHECK(request(head + chunk + chunk + "0\r\n\r\n").body.size() == 100);
    CHECK(request(head + chunk + chunk + "1\r\na\r\n0\r\n\r\n").refused == 413);
}

TEST_CASE("parser: the line before a chunk cannot grow for ever") {
    std::string const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    CHECK(request(head + std::string(5000, 'a'), 100).refused == 400);
}

TEST_CASE("parser: a URL as the target stands for its path") {
    CHECK(request("GET http://h:1/a?b HTTP/1.1\r\nHost: x\r\n\r\n").head.target == "/a?b");
    CHECK(request("GET http://h HTTP/1.1\r\nHost: x\r\n\r\n").head.target == "/");
    CHECK(request("GET http://h?q HTTP/1.1\r\nHost: x\r\n\r\n").head.target == "/?q");
    CHECK(request("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").head.target == "*");
}

TEST_CASE("parser: who may send another request on the connection") {
    auto const keeps = [](std::string_view version, std::string_view field) {
        return request(fmt::format("GET / {}\r\nHost: x\r\n{}\r\n", version, field))
            .head.keep_alive;
    };
    CHECK(keeps("HTTP/1.1", ""));
    CHECK(!keeps("HTTP/1.1", "Connection: close\r\n"));
    CHECK(!keeps("HTTP/1.0", ""));
    CHECK(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("parser: a response without length ends with the connection") {
    auto parser = Parser::response({}, false);
    std::string_view const text = "HTTP/1.1 200 Fine\r\n\r\nabc";
    auto const used = parser.put(text);
    REQUIRE(used);
    REQUIRE(parser.head_done());
    CHECK(!parser.head().keep_alive);
    CHECK(parser.head().reason == "Fine");
    REQUIRE(parser.put(text.substr(*used)));
    CHECK(!parser.done());
    CHECK(parser.put_end());
    CHECK(parser.done());
    CHECK(parser.take_body() == "abc");
}

TEST_CASE("parser: a response that breaks off is noticed") {
    for (std::string const text :
         {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
        INFO(text);
        auto parser = Parser::response({}, false);
        std::string held = text;
        for (std::size_t used = 1; used > 0 && !held.empty();) {
            used = parser.put(held).value();
            held.erase(0, used);
        }
        CHECK(!parser.put_end());
    }
}

TEST_CASE("parser: what answers a HEAD has no body, whatever it says") {
    auto parser = Parser::response({}, true);
    REQUIRE(parser.put("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"));
    CHECK(parser.done());
    CHECK(parser.head().keep_alive);
}

} // namespace
} // namespace heliosd::net
