// SPDX-License-Identifier: Apache-2.0
// The whole master over real sockets, on an embedded store.
#include "net/resolver.h"
#include "store/embedded/embedded_store.h"
#include "support/master_walk.h"
#include "support/run.h"
#include "unit/net/http/http_support.h"

namespace heliosd::master {
namespace {

struct Setup {
    test::RealWorld world;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> store = ensemble.connect({});
    SeededRng rng{1};
    net::SystemResolver resolver{world.clock};
    net::RealHttpClient http{resolver};
    Master master{world.executor(), *store, world.clock, rng, test::local_master("master-1")};
    TaskGroup tasks{world.executor()};
};

Async<void> run_master(Master& master) {
    auto const ended = co_await master.run();
    if (!ended) throw std::runtime_error(ended.error().message);
}

Async<void> example(Setup& setup) {
    setup.tasks.spawn("master", run_master(setup.master));
    co_await test::walk_example(*setup.store, {setup.http, setup.master.http_port()});

    test::ApiClient admin(setup.http, setup.master.admin_port());
    auto const pong = co_await admin.call("GET", "/ping");
    CHECK(pong.body == "pong\n");
    auto const health = co_await admin.call("GET", "/healthcheck");
    CHECK(health.status == 200);

    // The end is orderly: nobody answers, and nobody is told that it still runs.
    setup.tasks.cancel();
    co_await setup.tasks.drained();
    CHECK(setup.ensemble.tree().find("/status/masters/master-1/up") == nullptr);
    CHECK(setup.ensemble.tree().find("/status/masters/master-1"));
}
TEST_CASE("master: over its sockets it makes the tree of the example and takes it apart again") {
    Setup setup;
    REQUIRE(setup.master.listen());
    setup.world.run(setup.tasks.scope(example(setup)));
}

Async<void> say_nonsense(Setup& setup) {
    setup.tasks.spawn("master", run_master(setup.master));
    net::Endpoint const master{.host = "127.0.0.1", .port = setup.master.http_port()};
    auto const nonsense = co_await net::test::say(master, "nonsense\r\n\r\n");
    CHECK(nonsense.starts_with("HTTP/1.1 400 "));
    CHECK(nonsense.find("Helios-Server-Version: 0.9.283\r\n") != std::string::npos);
    CHECK(nonsense.find("Helios-Version-Status: MISSING\r\n") != std::string::npos);

    auto const huge = co_await net::test::say(
        master, "POST /jobs HTTP/1.1\r\nHost: x\r\nHelios-Version: 0.9.283\r\n"
                "Origin: http://page.example\r\nContent-Length: 99999999\r\n\r\n");
    CHECK(huge.starts_with("HTTP/1.1 413 "));
    CHECK(huge.find("Helios-Version-Status: EQUAL\r\n") != std::string::npos);
    CHECK(huge.find("Access-Control-Allow-Origin: http://page.example\r\n") != std::string::npos);

    auto const body_of = [](std::string target, std::string length) {
        return "POST " + target +
               " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
               length + "\r\nConnection: close\r\n\r\n" + std::string(3'000'000, ' ');
    };
    auto const job = co_await net::test::say(master, body_of("/jobs", "3000000"));
    CHECK(job.starts_with("HTTP/1.1 413 "));
    auto const list = co_await net::test::say(master, body_of("/jobs/statuses", "3000000"));
    CHECK(list.starts_with("HTTP/1.1 422 "));
}

Async<void> come_from_a_page(Setup& setup) {
    setup.tasks.spawn("master", run_master(setup.master));
    net::Endpoint const master{.host = "127.0.0.1", .port = setup.master.http_port()};
    auto const ask = [&](std::string method, std::string headers) {
        return net::test::say(master, method + " /jobs HTTP/1.1\r\nHost: x\r\n" + headers +
                                          "Connection: close\r\n\r\n");
    };
    auto const foreign = co_await ask("GET", "Origin: http://evil.example\r\n");
    CHECK(foreign.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(foreign.find("Access-Control-") == std::string::npos);
    CHECK(foreign.find("Helios-Server-Version: 0.9.283\r\n") != std::string::npos);
    CHECK(foreign.find("{\"message\":\"requests of pages of 'http://evil.example' are refused") !=
          std::string::npos);
    auto const preflight = co_await ask("OPTIONS", "Origin: http://evil.example\r\n"
                                                   "Access-Control-Request-Method: PUT\r\n");
    CHECK(preflight.starts_with("HTTP/1.1 403 "));
    CHECK(preflight.find("Access-Control-") == std::string::npos);
    auto const image = co_await ask("GET", "Sec-Fetch-Site: cross-site\r\n");
    CHECK(image.starts_with("HTTP/1.1 403 "));
    auto const named = co_await ask("GET", "Origin: http://page.example\r\n"
                                           "Sec-Fetch-Site: cross-site\r\n");
    CHECK(named.starts_with("HTTP/1.1 200 "));
    CHECK(named.find("Access-Control-Allow-Origin: http://page.example\r\nVary: Origin\r\n") !=
          std::string::npos);
}
TEST_CASE("master: pages of other sites are refused, but for the named origins") {
    Setup setup;
    REQUIRE(setup.master.listen());
    setup.world.run(setup.tasks.scope(come_from_a_page(setup)));
}
TEST_CASE("master: what never gets to the API is refused under the API's headers") {
    Setup setup;
    REQUIRE(setup.master.listen());
    setup.world.run(setup.tasks.scope(say_nonsense(setup)));
}

TEST_CASE("master: a port in use is named together with its option") {
    Setup setup;
    REQUIRE(setup.master.listen());
    auto options = test::local_master("master-2");
    options.http.port = setup.master.http_port();
    Master second(setup.world.executor(), *setup.store, setup.world.clock, setup.rng, options);
    auto const refused = setup.world.run(second.run());
    REQUIRE(!refused);
    auto const& text = refused.error().message;
    CHECK(text.starts_with("--http: "));
    CHECK(text.find("127.0.0.1:" + std::to_string(options.http.port)) != std::string::npos);

    options = test::local_master("master-2");
    options.admin->port = setup.master.http_port();
    Master third(setup.world.executor(), *setup.store, setup.world.clock, setup.rng, options);
    auto const admin = third.listen();
    REQUIRE(!admin);
    CHECK(admin.error().message.starts_with("--admin: "));
}

} // namespace
} // namespace heliosd::master
