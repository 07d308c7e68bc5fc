// SPDX-License-Identifier: Apache-2.0
#include "store/zk/server_addresses.h"

#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/co_spawn.hpp>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

std::vector<ConnectString::Server> servers(std::string_view text) {
    return parse_connect_string(text).value().servers;
}

struct Setup {
    /// `slow` is answered after 5 s, `known` at once; there is no other name.
    Async<Result<std::vector<asio::ip::address>>> look_up(std::string host) {
        ++look_ups;
        if (host == "slow") co_await world.clock.sleep(5s);
        if (host == "known" || host == "slow")
            co_return std::vector{asio::ip::make_address("10.0.0.7"),
                                  asio::ip::make_address("fe80::7")};
        co_return fail(Errc::not_found, "no such name");
    }

    void start(std::string_view text) {
        addresses = std::make_unique<ServerAddresses>(
            world.executor(), world.clock, servers(text),
            [this](std::string host) { return look_up(std::move(host)); });
        asio::co_spawn(world.loop, addresses->run(),
                       asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    }
    ~Setup() {
        stop.emit(asio::cancellation_type::terminal);
        world.clock.run(world.loop);
    }

    test::World world;
    asio::cancellation_signal stop;
    std::unique_ptr<ServerAddresses> addresses;
    int look_ups = 0;
};

TEST_CASE("store: servers are resolved before the C client sees them") {
    Setup setup;
    setup.start("localhost,unknown,known:5,10.1.1.1:6");
    CHECK(setup.addresses->current() == "127.0.0.1:2181,10.1.1.1:6");
    setup.world.clock.run(setup.world.loop, 0s);
    CHECK(setup.addresses->current() == "127.0.0.1:2181,10.0.0.7:5,fe80::7:5,10.1.1.1:6");
}

TEST_CASE("store: a server name that cannot be resolved is named, with the reason") {
    Setup setup;
    setup.start("unknown:1");
    CHECK(setup.addresses->trouble() == "cannot resolve the ZooKeeper server 'unknown'");
    setup.world.clock.run(setup.world.loop, 0s);
    CHECK(setup.addresses->current().empty());
    CHECK(setup.addresses->trouble() ==
          "cannot resolve the ZooKeeper server 'unknown': no such name");
}

TEST_CASE("store: a name server that is slow for one server does not delay the others") {
    Setup setup;
    setup.start("slow:1,known:2");
    setup.world.clock.run(setup.world.loop, 1s);
    CHECK(setup.addresses->current() == "10.0.0.7:2,fe80::7:2");
    setup.world.clock.run(setup.world.loop, 5s);
    CHECK(setup.addresses->current() == "10.0.0.7:1,fe80::7:1,10.0.0.7:2,fe80::7:2");
}

TEST_CASE("store: names are looked up again when asked for, and not too often") {
    Setup setup;
    setup.start("known");
    setup.world.clock.run(setup.world.loop, 1h);
    CHECK(setup.look_ups == 1);
    setup.addresses->request();
    setup.addresses->request();
    setup.world.clock.run(setup.world.loop, 1s);
    CHECK(setup.look_ups == 2);
    setup.addresses->request();
    setup.world.clock.run(setup.world.loop, 5s);
    CHECK(setup.look_ups == 2);
    setup.world.clock.run(setup.world.loop, 6s);
    CHECK(setup.look_ups == 3);
}

} // namespace
} // namespace heliosd::store
