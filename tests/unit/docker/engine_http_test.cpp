// SPDX-License-Identifier: Apache-2.0
#include "docker/engine_http.h"

#include "net/http/in_process.h"
#include "support/catch.h"
#include "support/run.h"

namespace heliosd::docker {
namespace {

using namespace std::chrono_literals;

/// A body that is handed out in pieces, then ends, breaks or stays silent.
class Pieces final : public net::BodySource {
public:
    enum class End { clean, broken, silent };

    Pieces(Clock& clock, std::vector<std::string> pieces, End end)
        : clock_(clock), pieces_(std::move(pieces)), end_(end) {}

    Async<Result<std::string>> read() override {
        if (next_ < pieces_.size()) co_return pieces_[next_++];
        if (end_ == End::silent) co_await clock_.sleep(24h);
        if (end_ == End::broken) co_return fail(Errc::closed, "connection reset by peer");
        co_return std::string();
    }

private:
    Clock& clock_;
    std::vector<std::string> pieces_;
    End end_;
    std::size_t next_ = 0;
};

Async<net::Response> ready(net::Response response) {
    co_return response;
}

/// A daemon that gives one scripted answer to each kind of request and notes what it was asked.
struct Rig {
    test::World world;
    net::InProcessHttp http{world.clock};
    net::Endpoint const endpoint{.scheme = net::Scheme::unix_socket, .path = "/run/docker.sock"};
    HttpEngine engine{http, world.clock, endpoint};
    std::vector<std::string> asked;
    std::vector<std::string> bodies;
    std::string api_version = "1.41";
    int status = 200;
    std::string body;
    std::vector<std::string> pieces; ///< when not empty: instead of `body`
    Pieces::End end = Pieces::End::clean;

    Rig() {
        http.serve(endpoint, [this](net::Request request, net::Context) {
            asked.push_back(request.method + " " + request.target);
            bodies.push_back(request.body);
            net::Response response;
            if (request.target == "/version") {
                response.body = R"({"Version":"20.10.24","ApiVersion":")" + api_version +
                                R"(","MinAPIVersion":"1.12"})";
                return ready(std::move(response));
            }
            response.status = status;
            if (pieces.empty())
                response.body = body;
            else
                response.body = std::make_unique<Pieces>(world.clock, pieces, end);
            return ready(std::move(response));
        });
    }

    template <class T> auto run(Async<T> call) { return world.run(std::move(call)); }
};

TEST_CASE("engine: the version is settled once, and again when the daemon was away") {
    Rig rig;
    rig.status = 204;
    REQUIRE(rig.run(rig.engine.start("a")));
    REQUIRE(rig.run(rig.engine.start("b")));
    CHECK(rig.asked == std::vector<std::string>{"GET /version", "POST /v1.41/containers/a/start",
                                                "POST /v1.41/containers/b/start"});
    rig.asked.clear();
    rig.api_version = "1.40";
    rig.http.lose_answers(rig.endpoint, Errc::closed);
    CHECK(rig.run(rig.engine.start("c")).error().code == EngineErrc::broken);
    rig.http.lose_answers(rig.endpoint, {});
    REQUIRE(rig.run(rig.engine.start("d")));
    CHECK(rig.asked.back() == "POST /v1.40/containers/d/start");
}

TEST_CASE("engine: a daemon that is not there is unavailable, a silent one times out after 30s") {
    Rig rig;
    rig.body = "OK";
    REQUIRE(rig.run(rig.engine.ping()));
    rig.http.lose_answers(rig.endpoint, Errc::timed_out);
    auto const before = rig.world.clock.now();
    CHECK(rig.run(rig.engine.ping()).error().code == EngineErrc::timed_out);
    // The version is asked for first, so nothing of the call itself has happened.
    CHECK(rig.run(rig.engine.events()).error().code == EngineErrc::unavailable);
    CHECK(rig.world.clock.now() - before <= 61s);
    rig.http.stop(rig.endpoint);
    CHECK(rig.run(rig.engine.ping()).error().code == EngineErrc::unavailable);
    CHECK(rig.run(rig.engine.inspect("a")).error().code == EngineErrc::unavailable);
}

TEST_CASE("engine: what each call asks the daemon for") {
    Rig rig;
    rig.body = R"({"Id":"4f7","State":{"Running":true}})";
    auto const& asked = rig.asked;
    REQUIRE(rig.run(rig.engine.inspect("a")));
    CHECK(asked.back() == "GET /v1.41/containers/a/json");
    REQUIRE(rig.run(rig.engine.create({.name = "n", .image = "busybox"})).value() == "4f7");
    CHECK(asked.back() == "POST /v1.41/containers/create?name=n");
    CHECK(rig.bodies.back().starts_with(R"({"Image":"busybox")"));
    REQUIRE(rig.run(rig.engine.stop("a", 120s)));
    CHECK(asked.back() == "POST /v1.41/containers/a/stop?t=120");
    REQUIRE(rig.run(rig.engine.kill("a")));
    CHECK(asked.back() == "POST /v1.41/containers/a/kill?signal=KILL");
    REQUIRE(rig.run(rig.engine.remove("a")));
    CHECK(asked.back() == "DELETE /v1.41/containers/a?v=1");
    REQUIRE(rig.run(rig.engine.has_image("reg:5000/team/web:1.0")).value());
    CHECK(asked.back() == "GET /v1.41/images/reg:5000/team/web:1.0/json");
    REQUIRE(rig.run(rig.engine.pull("reg:5000/team/web")));
    CHECK(asked.back() == "POST /v1.41/images/create?fromImage=reg%3A5000%2Fteam%2Fweb&tag=latest");
    rig.body = "[]";
    REQUIRE(rig.run(rig.engine.list({.all = true, .label = "helios.agent.id=x"})));
    CHECK(asked.back() == "GET /v1.41/containers/json?all=1&filters="
                          "%7B%22label%22%3A%5B%22helios.agent.id%3Dx%22%5D%7D");
}

TEST_CASE("engine: names from outside cannot leave their place in the path") {
    Rig rig;
    rig.status = 404;
    rig.body = R"({"message":"No such container"})";
    CHECK(rig.run(rig.engine.inspect("../images?x#y")).error().code ==
          EngineErrc::container_not_found);
    CHECK(rig.asked.back() == "GET /v1.41/containers/..%2Fimages%3Fx%23y/json");
    auto const before = rig.asked.size();
    for (auto const* id : {"", ".", ".."})
        CHECK(rig.run(rig.engine.remove(id, true)).error().code == EngineErrc::container_not_found);
    CHECK(rig.asked.size() == before);
    CHECK(rig.run(rig.engine.has_image("nope")).value() == false);
}

TEST_CASE("engine: a container that is stopped or started already is a success") {
    Rig rig;
    rig.status = 304;
    CHECK(rig.run(rig.engine.start("a")));
    CHECK(rig.run(rig.engine.stop("a", 1s)));
    rig.status = 404;
    rig.body = R"({"message":"No such container: a"})";
    auto const gone = rig.run(rig.engine.stop("a", 1s));
    CHECK(gone.error().code == EngineErrc::container_not_found);
    CHECK(gone.error().message == "No such container: a");
}

TEST_CASE("engine: a pull that goes silent ends after 30s, one that talks may take its time") {
    Rig rig;
    rig.pieces = {"{\"status\":\"Pulling\"}\n"};
    rig.end = Pieces::End::silent;
    auto const before = rig.world.clock.now();
    int messages = 0;
    auto const silent =
        rig.run(rig.engine.pull("busybox", [&](PullProgress const&) { ++messages; }));
    CHECK(silent.error().code == EngineErrc::timed_out);
    CHECK(rig.world.clock.now() - before <= 31s);
    CHECK(messages == 1);

    rig.end = Pieces::End::broken;
    CHECK(rig.run(rig.engine.pull("busybox")).error().code == EngineErrc::broken);
    rig.end = Pieces::End::clean;
    rig.pieces = {"{\"error\":\"manifest unknown\"}\n", "{\"status\":\"more\"}\n"};
    CHECK(rig.run(rig.engine.pull("busybox")).error().code == EngineErrc::image_not_found);
    rig.pieces.clear();
    rig.status = 404;
    rig.body = R"({"message":"manifest for busybox:x not found"})";
    auto const missing = rig.run(rig.engine.pull("busybox:x"));
    CHECK(missing.error().code == EngineErrc::image_not_found);
    CHECK(missing.error().message == "manifest for busybox:x not found");
}

Async<std::vector<std::string>> read_events(Engine& engine) {
    std::vector<std::string> seen;
    auto stream = co_await engine.events();
    if (!stream) co_return std::vector{stream.error().message};
    for (;;) {
        auto event = co_await (*stream)->next();
        if (!event) {
            seen.push_back(event.error().code.message());
            co_return seen;
        }
        seen.push_back(event->action + " " + event->container_id);
    }
}

TEST_CASE("engine: events come whole out of any pieces, and their end is an error") {
    Rig rig;
    rig.pieces = {R"({"Type":"container","Action":"create","Actor":{"ID":"a"}})"
                  "\n{\"Type\":\"image\",\"Action\":\"pull\",\"Actor\":{\"ID\":\"i\"}}\n"
                  R"({"Type":"conta)",
                  "iner\",\"Action\":\"die\",\"Actor\":{\"ID\":\"a\"}}\n"};
    CHECK(rig.run(read_events(rig.engine)) ==
          std::vector<std::string>{"create a", "die a", "connection to docker broke"});
    CHECK(rig.asked.back() == "GET /v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D");
}

Async<std::string> read_log(Engine& engine) {
    auto stream = co_await engine.logs("a", {.follow = true, .tail = 5});
    if (!stream) co_return stream.error().message;
    std::string text;
    for (;;) {
        auto chunk = co_await (*stream)->next();
        if (!chunk) co_return text + "!" + chunk.error().code.message();
        if (!*chunk) co_return text;
        text += (*chunk)->stream == LogChunk::Stream::out ? "o:" : "e:";
        text += (*chunk)->bytes;
    }
}

TEST_CASE("engine: logs are taken apart; what is cut off is broken") {
    Rig rig;
    using namespace std::string_literals;
    rig.pieces = {"\1\0\0\0\0\0\0\2hi\2\0\0\0\0\0"s, "\0\3err"s};
    CHECK(rig.run(read_log(rig.engine)) == "o:hie:err");
    CHECK(rig.asked.back() ==
          "GET /v1.41/containers/a/logs?stdout=1&stderr=1&follow=1&timestamps=0&tail=5");
    rig.pieces = {"\1\0\0\0\0\0\0\2h"s};
    CHECK(rig.run(read_log(rig.engine)) == "o:h!connection to docker broke");
}

} // namespace
} // namespace heliosd::docker
