// SPDX-License-Identifier: Apache-2.0
#include "support/fake_engine.h"

#include "base/async/within.h"
#include "support/catch.h"
#include "support/run.h"

namespace heliosd {
namespace {

using namespace std::chrono_literals;
using docker::EngineErrc;
using test::Call;

/// A fake with one image, on a virtual clock.
struct Rig {
    test::World world;
    SeededRng rng{7};
    test::FakeEngine engine{world.executor(), world.clock, rng};

    Rig() { engine.add_image("busybox"); }

    std::string started(std::string name, std::vector<docker::PortBinding> ports = {}) {
        docker::ContainerSpec spec{.name = std::move(name), .image = "busybox"};
        spec.ports = std::move(ports);
        auto const id = world.run(engine.create(spec)).value();
        world.run(engine.start(id)).value();
        return id;
    }
    docker::ContainerInfo inspect(std::string id) { return world.run(engine.inspect(id)).value(); }
};

Async<std::vector<std::string>> actions(docker::Engine& engine, test::FakeEngine& fake) {
    auto stream = co_await engine.events();
    auto id = co_await engine.create({.name = "a", .image = "busybox", .labels = {{"l", "1"}}});
    (void)co_await engine.start(*id);
    fake.die(*id, 3);
    fake.break_events();
    std::vector<std::string> seen;
    for (;;) {
        auto event = co_await (*stream)->next();
        if (!event) break;
        auto const code = event->attributes.find("exitCode");
        seen.push_back(event->action + (code == event->attributes.end() ? "" : code->second));
        CHECK(event->attributes.at("l") == "1");
    }
    co_return seen;
}

TEST_CASE("fake engine: a container is created, runs, dies, and its events tell so") {
    Rig rig;
    CHECK(rig.world.run(actions(rig.engine, rig.engine)) ==
          std::vector<std::string>{"create", "start", "die3"});
    auto const info = rig.inspect("a");
    CHECK(info.status == "exited");
    CHECK(info.exit_code == 3);
    CHECK(info.finished_at.starts_with("2019-12-20T00:00:00."));
}

TEST_CASE("fake engine: SIGTERM ends a container, a deaf one only after the grace") {
    Rig rig;
    rig.world.run(rig.engine.stop(rig.started("polite"), 120s)).value();
    CHECK(rig.inspect("polite").exit_code == 143);

    rig.engine.add_image("busybox", {.ignores_term = true});
    auto const deaf = rig.started("deaf");
    auto const before = rig.world.clock.now();
    rig.world.run(rig.engine.stop(deaf, 120s)).value();
    CHECK(rig.inspect("deaf").exit_code == 137);
    CHECK(rig.world.clock.now() - before >= 120s);
}

TEST_CASE("fake engine: a host port is published once") {
    Rig rig;
    std::vector<docker::PortBinding> const web{{.port = 80, .host_port = 8080}};
    rig.started("first", web);
    docker::ContainerSpec second{.name = "second", .image = "busybox", .ports = web};
    auto const id = rig.world.run(rig.engine.create(second)).value();
    auto const refused = rig.world.run(rig.engine.start(id));
    REQUIRE(!refused);
    CHECK(refused.error().code == EngineErrc::request);
    CHECK(refused.error().message.find("port is already allocated") != std::string::npos);
    rig.engine.die("first", 0);
    CHECK(rig.world.run(rig.engine.start(id)));
}

TEST_CASE("fake engine: a call that breaks has taken effect, one that fails has not") {
    Rig rig;
    rig.engine.fail_next(Call::create, {EngineErrc::request, "no space left on device"});
    rig.engine.break_next(Call::create);
    docker::ContainerSpec const spec{.name = "a", .image = "busybox"};
    CHECK(rig.world.run(rig.engine.create(spec)).error().code == EngineErrc::request);
    CHECK(rig.engine.find("a") == nullptr);
    CHECK(rig.world.run(rig.engine.create(spec)).error().code == EngineErrc::broken);
    CHECK(rig.engine.find("a") != nullptr);
    CHECK(rig.world.run(rig.engine.create(spec)).error().code == EngineErrc::conflict);
    CHECK(rig.engine.calls(Call::create) == 3);
}

TEST_CASE("fake engine: a daemon that is down refuses, one that hangs says nothing for 30s") {
    Rig rig;
    rig.engine.set_down(true);
    CHECK(rig.world.run(rig.engine.ping()).error().code == EngineErrc::unavailable);
    rig.engine.set_down(false);
    rig.engine.set_hanging(true);
    auto const before = rig.world.clock.now();
    CHECK(rig.world.run(rig.engine.ping()).error().code == EngineErrc::timed_out);
    CHECK(rig.world.clock.now() - before >= 30s);
    rig.engine.set_hanging(false);
    CHECK(rig.world.run(rig.engine.ping()));
}

TEST_CASE("fake engine: an image is pulled when the registry has it") {
    Rig rig;
    CHECK(rig.world.run(rig.engine.pull("nginx")).error().code == EngineErrc::image_not_found);
    rig.engine.set_pullable("nginx", 5s);
    CHECK(rig.world.run(rig.engine.has_image("nginx")).value() == false);
    std::vector<std::string> statuses;
    auto const note = [&](docker::PullProgress const& p) { statuses.push_back(p.status); };
    CHECK(rig.world.run(rig.engine.pull("nginx", note)));
    CHECK(statuses.back() == "Status: Downloaded newer image for nginx:latest");
    CHECK(rig.world.run(rig.engine.has_image("nginx:latest")).value());
}

Async<std::string> all_of(std::unique_ptr<docker::LogStream> stream) {
    std::string text;
    for (;;) {
        auto chunk = co_await stream->next();
        if (!chunk) co_return text + "!" + chunk.error().message;
        if (!*chunk) co_return text;
        text += (*chunk)->bytes;
    }
}

TEST_CASE("fake engine: logs end with the container when they are followed") {
    Rig rig;
    auto const id = rig.started("a");
    rig.engine.write_log(id, docker::LogChunk::Stream::out, "one\n");
    rig.engine.write_log(id, docker::LogChunk::Stream::err, "two\n");
    auto stream = rig.world.run(rig.engine.logs(id, {.follow = true, .tail = 1}));
    rig.engine.die(id, 0);
    CHECK(rig.world.run(all_of(std::move(*stream))) == "two\n");
}

TEST_CASE("fake engine: containers are listed by label, those that ended only on request") {
    Rig rig;
    docker::ContainerSpec const spec{
        .name = "a", .image = "busybox", .labels = {{"helios.agent.id", "x"}}};
    auto const id = rig.engine.add_container(spec);
    rig.started("other");
    CHECK(rig.world.run(rig.engine.list({.label = "helios.agent.id"}))->size() == 1);
    CHECK(rig.world.run(rig.engine.list({.label = "helios.agent.id=y"}))->empty());
    rig.engine.die(id, 0);
    CHECK(rig.world.run(rig.engine.list({.label = "helios.agent.id=x"}))->empty());
    CHECK(rig.world.run(rig.engine.list({.all = true, .label = "helios.agent.id=x"}))->size() == 1);
    CHECK(rig.world.run(rig.engine.list({.all = true}))->size() == 2);
}

} // namespace
} // namespace heliosd
