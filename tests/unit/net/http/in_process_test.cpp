// SPDX-License-Identifier: Apache-2.0
#include "net/http/in_process.h"

#include "support/catch.h"
#include "support/run.h"

namespace heliosd::net {
namespace {

using namespace std::chrono_literals;

Endpoint const place{.host = "master", .port = 5801};

Async<Response> hello(Request request, Context) {
    Response response;
    response.headers.add("X-Host", *request.headers.find("host"));
    response.body = "hello " + request.target;
    co_return response;
}

Async<Response> broken(Request, Context) {
    throw std::runtime_error("a bug");
    co_return Response{};
}

struct Net {
    heliosd::test::World world;
    InProcessHttp http{world.clock};

    Result<FullResponse> get(CallOptions options = {}, std::string method = "GET") {
        Request request{.method = std::move(method), .target = "/x"};
        return world.run(http.call(place, std::move(request), options));
    }
};

TEST_CASE("in-process http: a call reaches the handler of its endpoint") {
    Net net;
    net.http.serve(place, hello);
    auto const answer = net.get();
    REQUIRE(answer);
    CHECK(answer->body == "hello /x");
    CHECK(answer->reason == "OK");
    CHECK(*answer->headers.find("x-host") == "master:5801");
    CHECK(net.get({}, "HEAD")->body.empty());
}

TEST_CASE("in-process http: where nobody listens nothing can be reached") {
    Net net;
    CHECK(net.get().error().code == Errc::unavailable);
    net.http.serve(place, hello);
    net.http.stop(place);
    CHECK(net.get().error().code == Errc::unavailable);
}

TEST_CASE("in-process http: a handler that throws is a 500, as on a real server") {
    Net net;
    net.http.serve(place, broken);
    auto const answer = net.get();
    REQUIRE(answer);
    CHECK(answer->status == 500);
    CHECK(answer->body.starts_with("{\"message\":\"There was an error processing your request."));
}

TEST_CASE("in-process http: the caller's limits hold in virtual time") {
    Net net;
    net.http.serve(place, [&net](Request, Context) -> Async<Response> {
        return [](Clock& clock) -> Async<Response> {
            co_await clock.sleep(1h);
            co_return Response{};
        }(net.world.clock);
    });
    auto const answer = net.get({.idle_limit = 30s});
    REQUIRE(!answer);
    CHECK(answer.error().code == Errc::timed_out);
    CHECK(net.world.clock.now().time_since_epoch() == 30s);
    CHECK(net.get({.idle_limit = {}}));
}

TEST_CASE("in-process http: an answer can get lost after the handler has acted") {
    Net net;
    int acted = 0;
    net.http.serve(place, [&acted](Request request, Context context) {
        ++acted;
        return hello(std::move(request), std::move(context));
    });
    net.http.lose_answers(place, Errc::closed);
    CHECK(net.get().error().code == Errc::closed);
    CHECK(acted == 1);
    net.http.lose_answers(place, {});
    CHECK(net.get());
}

TEST_CASE("in-process http: too long an answer is refused") {
    Net net;
    net.http.serve(place, hello);
    CHECK(net.get({.max_body = 3}).error().code == Errc::too_large);
}

} // namespace
} // namespace heliosd::net
