// SPDX-License-Identifier: Apache-2.0
#include "docker/engine_http.h"

#include "base/async/rng.h"
#include "base/async/within.h"
#include "net/http/client.h"
#include "net/resolver.h"
#include "support/catch.h"
#include "support/run.h"
#include "support/servers.h"

#include <fmt/format.h>

#include <iostream>

// The engine against a real Docker daemon. Each test cleans up after itself, so they may run in any
// order and again.
namespace heliosd::docker {
namespace {

using namespace std::chrono_literals;

/// An engine on the daemon of the run, and a container that is removed in the end.
struct Rig {
    test::RealWorld world;
    net::SystemResolver resolver{world.clock, net::SystemResolver::Options{}};
    net::RealHttpClient http{resolver};
    HttpEngine engine;
    std::string const image = test::real_image().value_or("");
    std::string const name;
    std::string id;

    explicit Rig(std::string const& docker)
        : engine(http, world.clock, parse_docker_endpoint(docker, "HELIOSD_TEST_DOCKER").value()),
          name("heliosd-engine-test-" + random_name()) {}

    ~Rig() {
        if (!id.empty()) (void)world.run(engine.remove(id, true));
    }

    static std::string random_name() {
        SystemRng rng;
        return random_uuid(rng);
    }

    template <class T> auto run(Async<T> call) { return world.run(std::move(call)); }

    ContainerSpec spec(std::string script) const {
        ContainerSpec wanted{.name = name, .image = image};
        wanted.command = {"sh", "-c", std::move(script)};
        wanted.labels = {{"heliosd.engine.test", name}};
        return wanted;
    }

    void create(ContainerSpec wanted) {
        auto made = run(engine.create(std::move(wanted)));
        INFO((made ? "" : made.error().message));
        REQUIRE(made);
        id = *made;
    }
    void start(std::string script) {
        create(spec(std::move(script)));
        run(engine.start(id)).value();
    }
    ContainerInfo inspect() { return run(engine.inspect(id)).value(); }
};

/// Reads events until one of `id` with this action comes, and answers it.
Async<Result<Event>> wait_for(EventStream& stream, std::string id, std::string action) {
    for (;;) {
        auto event = co_await stream.next();
        if (!event) co_return std::unexpected(event.error());
        if (event->container_id == id && event->action == action) co_return std::move(*event);
    }
}

Async<Result<Event>> soon(Clock& clock, EventStream& stream, std::string id, std::string action) {
    auto found = wait_for(stream, std::move(id), std::move(action));
    co_return co_await within(clock, 20s, std::move(found));
}

/// What the log holds of one stream, to its end.
Async<Result<std::string>> log_of(Engine& engine, std::string id, LogOptions options,
                                  LogChunk::Stream which) {
    auto stream = co_await engine.logs(id, options);
    if (!stream) co_return std::unexpected(stream.error());
    std::string text;
    for (;;) {
        auto chunk = co_await (*stream)->next();
        if (!chunk) co_return std::unexpected(chunk.error());
        if (!*chunk) co_return text;
        if ((*chunk)->stream == which) text += (*chunk)->bytes;
    }
}

TEST_CASE("real engine: it tells its version and answers a ping") {
    auto const docker = test::real_docker();
    if (!docker) return;
    Rig rig(*docker);
    auto const version = rig.run(rig.engine.version());
    REQUIRE(version);
    CHECK(!version->version.empty());
    CHECK(!version->api_version.empty());
    CHECK(version->os == "linux");
    CHECK(rig.run(rig.engine.ping()));
}

TEST_CASE("real engine: a container from creation to removal") {
    auto const docker = test::real_docker();
    auto const image = test::real_image();
    if (!docker || !image) return;
    Rig rig(*docker);
    auto& engine = rig.engine;
    auto events = rig.run(engine.events()).value();

    auto wanted = rig.spec("trap 'exit 3' TERM; echo $GREETING; while :; do sleep 0.05; done");
    wanted.hostname = "myhost";
    wanted.env = {{"GREETING", "good day"}};
    wanted.memory = 64 * 1024 * 1024;
    wanted.tmpfs = {{"/scratch", "rw,size=1m"}};
    wanted.cap_drop = {"MKNOD"};
    rig.create(wanted);
    CHECK(rig.inspect().status == "created");
    CHECK(rig.inspect().name == rig.name);
    CHECK(rig.inspect().image == rig.image);
    CHECK(rig.run(engine.create(wanted)).error().code == EngineErrc::conflict);

    REQUIRE(rig.run(engine.start(rig.id)));
    REQUIRE(rig.run(engine.start(rig.id))); // once more changes nothing
    auto const running = rig.inspect();
    CHECK(running.running);
    CHECK(!running.gateway.empty());
    CHECK(rig.run(soon(rig.world.clock, *events, rig.id, "start")));
    CHECK(rig.run(engine.remove(rig.id)).error().code == EngineErrc::conflict);

    ListFilter const mine{.label = "heliosd.engine.test=" + rig.name};
    auto const rows = rig.run(engine.list(mine));
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    CHECK((*rows)[0].id == rig.id);
    CHECK((*rows)[0].names == std::vector{rig.name});
    CHECK((*rows)[0].state == "running");

    REQUIRE(rig.run(engine.stop(rig.id, 10s)));
    REQUIRE(rig.run(engine.stop(rig.id, 10s)));
    auto const die = rig.run(soon(rig.world.clock, *events, rig.id, "die"));
    REQUIRE(die);
    CHECK(die->attributes.at("exitCode") == "3");
    CHECK(die->attributes.at("heliosd.engine.test") == rig.name);
    CHECK(die->time_nano > 1'600'000'000'000'000'000);
    CHECK(rig.inspect().exit_code == 3);
    CHECK(rig.run(engine.list(mine))->empty());
    CHECK(rig.run(engine.list({.all = true, .label = mine.label}))->size() == 1);

    REQUIRE(rig.run(engine.remove(rig.id)));
    CHECK(rig.run(soon(rig.world.clock, *events, rig.id, "destroy")));
    CHECK(rig.run(engine.inspect(rig.id)).error().code == EngineErrc::container_not_found);
    CHECK(rig.run(engine.start(rig.id)).error().code == EngineErrc::container_not_found);
    CHECK(rig.run(engine.stop(rig.id, 1s)).error().code == EngineErrc::container_not_found);
    rig.id.clear();
}

TEST_CASE("real engine: a container that died is started again as itself") {
    auto const docker = test::real_docker();
    auto const image = test::real_image();
    if (!docker || !image) return;
    Rig rig(*docker);
    auto events = rig.run(rig.engine.events()).value();
    rig.start("[ -e /marker ] && exec sleep 1000; touch /marker; exit 7");
    REQUIRE(rig.run(soon(rig.world.clock, *events, rig.id, "die")));
    CHECK(rig.inspect().exit_code == 7);
    CHECK(!rig.inspect().running);

    REQUIRE(rig.run(rig.engine.start(rig.id)));
    CHECK(rig.inspect().running);
    REQUIRE(rig.run(rig.engine.kill(rig.id)));
    auto const died = rig.run(soon(rig.world.clock, *events, rig.id, "die"));
    REQUIRE(died);
    CHECK(died->attributes.at("exitCode") == "137");
    CHECK(rig.run(rig.engine.kill(rig.id)).error().code == EngineErrc::not_running);
}

TEST_CASE("real engine: a container deaf to SIGTERM is killed after the grace") {
    auto const docker = test::real_docker();
    auto const image = test::real_image();
    if (!docker || !image) return;
    Rig rig(*docker);
    rig.start("trap '' TERM; while :; do sleep 0.05; done");
    auto const before = rig.world.clock.now();
    REQUIRE(rig.run(rig.engine.stop(rig.id, 1s)));
    CHECK(rig.world.clock.now() - before >= 1s);
    CHECK(rig.inspect().exit_code == 137);
}

TEST_CASE("real engine: both streams of the log, its tail, and its end when followed") {
    auto const docker = test::real_docker();
    auto const image = test::real_image();
    if (!docker || !image) return;
    Rig rig(*docker);
    rig.start("echo one; echo two >&2; sleep 0.3; echo three");
    using Stream = LogChunk::Stream;
    auto& engine = rig.engine;
    CHECK(rig.run(log_of(engine, rig.id, {.follow = true}, Stream::out)).value() == "one\nthree\n");
    CHECK(rig.run(log_of(engine, rig.id, {}, Stream::err)).value() == "two\n");
    LogOptions const last_line{.timestamps = true, .tail = 1};
    auto const line = rig.run(log_of(engine, rig.id, last_line, Stream::out)).value();
    CHECK(line.starts_with("20"));
    CHECK(line.ends_with(" three\n"));
    CHECK(rig.run(engine.logs("no-such-container", {})).error().code ==
          EngineErrc::container_not_found);
}

TEST_CASE("real engine: a published port that is taken is refused in Docker's words") {
    auto const docker = test::real_docker();
    auto const image = test::real_image();
    if (!docker || !image) return;
    Rig first(*docker), second(*docker);
    auto wanted = first.spec("sleep 1000");
    wanted.ports = {{.port = 80, .host_ip = "127.0.0.1", .host_port = 14999}};
    first.create(wanted);
    REQUIRE(first.run(first.engine.start(first.id)));
    wanted.name = second.name;
    second.create(wanted);
    auto const refused = second.run(second.engine.start(second.id));
    REQUIRE(!refused);
    CHECK(refused.error().code == EngineErrc::request);
    CHECK(refused.error().message.find("port is already allocated") != std::string::npos);
}

TEST_CASE("real engine: an image that is not here is pulled, with progress") {
    auto const docker = test::real_docker();
    auto const registry = test::real_registry();
    if (!docker || !registry) return;
    Rig rig(*docker);
    auto const image = *registry + "/pull-test:v1";
    if (rig.run(rig.engine.has_image(image)).value())
        WARN("pull-test:v1 is here from an earlier run: little is left to pull");
    std::vector<PullProgress> seen;
    auto const pulled = rig.run(
        rig.engine.pull(image, [&](PullProgress const& progress) { seen.push_back(progress); }));
    INFO((pulled ? "" : pulled.error().message));
    REQUIRE(pulled);
    CHECK(rig.run(rig.engine.has_image(image)).value());
    REQUIRE(!seen.empty());
    CHECK(seen.front().status == "Pulling from pull-test");
    CHECK(seen.back().status.find("mage") != std::string::npos);
}

TEST_CASE("real engine: what cannot be pulled, and why") {
    auto const docker = test::real_docker();
    auto const registry = test::real_registry();
    if (!docker || !registry) return;
    Rig rig(*docker);
    auto const no_tag = rig.run(rig.engine.pull(*registry + "/busybox:nope"));
    REQUIRE(!no_tag);
    CHECK(no_tag.error().code == EngineErrc::image_not_found);
    CHECK(no_tag.error().message.find("busybox:nope") != std::string::npos);
    CHECK(rig.run(rig.engine.pull(*registry + "/no-such-repository")).error().code ==
          EngineErrc::image_not_found);
    // Port 1 of this machine: nobody answers there.
    auto const no_registry = rig.run(rig.engine.pull("127.0.0.1:1/busybox:v1"));
    REQUIRE(!no_registry);
    CHECK(no_registry.error().code == EngineErrc::pull_failed);
    CHECK(no_registry.error().message.find("connection refused") != std::string::npos);
}

TEST_CASE("real engine: a container of an image that is not here is not created") {
    auto const docker = test::real_docker();
    if (!docker) return;
    Rig rig(*docker);
    ContainerSpec const wanted{.name = rig.name, .image = "heliosd-test/no-such-image:v1"};
    CHECK(rig.run(rig.engine.create(wanted)).error().code == EngineErrc::image_not_found);
    CHECK(rig.run(rig.engine.has_image(wanted.image)).value() == false);
    CHECK(rig.run(rig.engine.inspect(rig.name)).error().code == EngineErrc::container_not_found);
}

TEST_CASE("real engine: a socket that nobody listens at is unavailable, in a sentence") {
    test::RealWorld world;
    net::SystemResolver resolver(world.clock, net::SystemResolver::Options{});
    net::RealHttpClient http(resolver);
    HttpEngine engine(http, world.clock,
                      parse_docker_endpoint("unix:///nonexistent/docker.sock", "--docker").value());
    auto const down = world.run(engine.ping());
    REQUIRE(!down);
    CHECK(down.error().code == EngineErrc::unavailable);
    CHECK(down.error().message.find("/nonexistent/docker.sock") != std::string::npos);
}

/// Calls the daemon `count` times and answers the time of the median call.
Async<Duration> median_ping(Clock& clock, Engine& engine, int count) {
    std::vector<Duration> times;
    for (int i = 0; i < count; ++i) {
        auto const before = clock.now();
        auto const answer = co_await engine.ping();
        if (!answer) throw std::runtime_error(answer.error().message);
        times.push_back(clock.now() - before);
    }
    std::ranges::nth_element(times, times.begin() + count / 2);
    co_return times[static_cast<std::size_t>(count / 2)];
}

TEST_CASE("real engine: a call costs far less than a millisecond beside the daemon's own time") {
    auto const docker = test::real_docker();
    if (!docker) return;
    Rig rig(*docker);
    auto const median = rig.run(median_ping(rig.world.clock, rig.engine, 200));
    std::cout << fmt::format("engine: GET /_ping, median of 200: {} us\n",
                             std::chrono::duration_cast<std::chrono::microseconds>(median).count());
    CHECK(median < 2ms);
}

} // namespace
} // namespace heliosd::docker
