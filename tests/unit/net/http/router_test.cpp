// SPDX-License-Identifier: Apache-2.0
#include "net/http/router.h"

#include "support/catch.h"
#include "support/run.h"

namespace heliosd::net {
namespace {

Async<Response> echo(std::string name, Call call) {
    Response response;
    std::string text = name;
    for (auto const& [parameter, value] : call.parameters) text += " " + parameter + "=" + value;
    if (auto const* q = call.query.find("q")) text += " q=" + *q;
    response.body = text;
    co_return response;
}

Route route(std::string method, std::string pattern) {
    auto name = method + " " + pattern;
    return {.method = std::move(method),
            .pattern = std::move(pattern),
            .verb = Verb::read,
            .handle = [name](Call call) { return echo(name, std::move(call)); }};
}

Router const& table() {
    static Router const router({
        route("GET", "/hosts"),
        route("PUT", "/hosts/{host}"),
        route("DELETE", "/hosts/{host}"),
        route("POST", "/hosts/statuses"),
        route("GET", "/hosts/{host}/jobs/{job}"),
        route("GET", "/hosts/{host}/status"),
        route("GET", "/jobs/{id}"),
    });
    return router;
}

Response ask(std::string method, std::string target) {
    test::World world;
    Request request{.method = std::move(method), .target = std::move(target)};
    return world.run(table()(std::move(request), {}));
}

std::string body(Response const& response) {
    return std::get<std::string>(response.body);
}

std::string allow(Response const& response) {
    auto const* value = response.headers.find("Allow");
    return value ? *value : "-";
}

TEST_CASE("router: a route is found with or without a slash at the end") {
    CHECK(body(ask("GET", "/hosts")) == "GET /hosts");
    CHECK(body(ask("GET", "/hosts/")) == "GET /hosts");
    CHECK(body(ask("GET", "/hosts/?q=1")) == "GET /hosts q=1");
    CHECK(ask("GET", "/hosts//").status == 404);
    CHECK(ask("GET", "//hosts").status == 404);
    CHECK(ask("GET", "/").status == 404);
    CHECK(ask("GET", "*").status == 404);
    CHECK(ask("GET", "/hosts//status").status == 404);
}

TEST_CASE("router: parameters are decoded once and a plus stays a plus") {
    CHECK(body(ask("GET", "/hosts/a+b%20%2541/jobs/x:1:ff")) ==
          "GET /hosts/{host}/jobs/{job} host=a+b %41 job=x:1:ff");
    CHECK(body(ask("GET", "/hosts/a;v=1/status;x")) == "GET /hosts/{host}/status host=a");
    CHECK(body(ask("GET", "/jobs/=:(),[]!?q=/*")) == "GET /jobs/{id} id==:(),[]! q=/*");
}

TEST_CASE("router: a name with a slash in it is not found") {
    CHECK(ask("GET", "/jobs/a%2Fb").status == 404);
    CHECK(ask("GET", "/jobs/%2f").status == 404);
    CHECK(ask("GET", "/jobs/;a=b").status == 404);
}

TEST_CASE("router: a malformed escape in the path is a bad request that ends the connection") {
    auto const response = ask("GET", "/jobs/a%2");
    CHECK(response.status == 400);
    CHECK(body(response).empty());
    REQUIRE(response.headers.find("Connection"));
    CHECK(*response.headers.find("Connection") == "close");
    CHECK(ask("GET", "/nowhere/%zz").status == 400);
    CHECK(ask("GET", "/hosts?q=%zz").status == 200);
}

TEST_CASE("router: a literal segment wins and never falls back to a parameter") {
    CHECK(body(ask("POST", "/hosts/statuses")) == "POST /hosts/statuses");
    auto const put = ask("PUT", "/hosts/statuses");
    CHECK(put.status == 405);
    CHECK(allow(put) == "OPTIONS, POST");
    CHECK(ask("GET", "/hosts/statuses/status").status == 404);
    CHECK(ask("GET", "/hosts/%73tatuses").status == 405);
}

TEST_CASE("router: known paths tell their methods, unknown paths are not found") {
    auto const wrong = ask("PATCH", "/hosts/h");
    CHECK(wrong.status == 405);
    CHECK(allow(wrong) == "DELETE, OPTIONS, PUT");
    CHECK(body(wrong).empty());
    auto const options = ask("OPTIONS", "/hosts");
    CHECK(options.status == 204);
    CHECK(allow(options) == "GET, HEAD, OPTIONS");
    CHECK(ask("OPTIONS", "/nowhere").status == 404);
    CHECK(ask("GET", "/hosts/h/jobs").status == 404);
}

TEST_CASE("router: HEAD is answered by the route of GET") {
    CHECK(body(ask("HEAD", "/jobs/x")) == "GET /jobs/{id} id=x");
    CHECK(ask("HEAD", "/hosts/statuses").status == 405);
}

TEST_CASE("router: an unheard-of method is refused on any path, without Allow") {
    for (std::string const target : {"/hosts", "/nowhere"}) {
        auto const response = ask("BREW", target);
        CHECK(response.status == 405);
        CHECK(allow(response) == "-");
    }
    CHECK(ask("get", "/hosts").status == 405);
}

TEST_CASE("router: every refusal without a body has its sentence in the status line") {
    for (auto const& [method, target] :
         std::initializer_list<std::pair<char const*, char const*>>{{"GET", "/jobs/a%2"},
                                                                    {"GET", "/nowhere"},
                                                                    {"PATCH", "/hosts/h"},
                                                                    {"BREW", "/hosts"}}) {
        INFO(method << " " << target);
        auto const response = ask(method, target);
        CHECK(response.reason.find(' ') != std::string::npos);
    }
    CHECK(ask("OPTIONS", "/hosts").reason.empty());
}

TEST_CASE("router: a route may limit the bodies of its requests") {
    auto small = route("POST", "/a/{b}");
    small.max_body = 7;
    Router const router({std::move(small), route("GET", "/a/{b}")});
    CHECK(router.body_limit("POST", "/a/x?q=1") == 7u);
    CHECK(!router.body_limit("GET", "/a/x"));
    CHECK(!router.body_limit("PUT", "/a/x"));
    CHECK(!router.body_limit("POST", "/nowhere"));
    CHECK(!router.body_limit("POST", "/a/%zz"));
    CHECK(!router.body_limit("POST", "*"));
}

TEST_CASE("router: two routes for one place are a mistake that shows at once") {
    CHECK_THROWS_AS(Router({route("GET", "/a/{b}"), route("GET", "/a/{c}")}), std::logic_error);
    CHECK_THROWS_AS(Router({route("GET", "a")}), std::logic_error);
}

} // namespace
} // namespace heliosd::net
