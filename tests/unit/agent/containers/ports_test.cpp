// SPDX-License-Identifier: Apache-2.0
#include "agent/containers/ports.h"

#include "support/catch.h"
#include "unit/agent/jobs.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace heliosd::agent {
namespace {

using test::port;

bool always_free(PortQuery const&) {
    return true;
}

TEST_CASE("agent: fixed ports are given as asked, dynamic ones from the range") {
    SeededRng rng(1);
    PortAllocator allocator({20000, 20010}, rng, always_free);
    auto const ports = allocator.allocate({{"admin", port(81, 8081)}, {"http", port(80)}}, {});
    REQUIRE(ports);
    CHECK(ports->at("admin") == 8081);
    CHECK(ports->at("http") >= 20000);
    CHECK(ports->at("http") < 20010);
    CHECK(ports->size() == 2);
}

TEST_CASE("agent: a job without ports gets an empty allocation") {
    SeededRng rng(1);
    PortAllocator allocator({20000, 20010}, rng, always_free);
    CHECK(allocator.allocate({}, {20000}).value().empty());
}

TEST_CASE("agent: a dynamic port is never one that is held, refused by the system or fixed") {
    SeededRng rng(7);
    auto const probe = [](PortQuery const& question) { return question.port != 20001; };
    PortAllocator allocator({20000, 20004}, rng, probe);
    auto const ports = allocator.allocate({{"a", port(1)}, {"b", port(2, 20003)}}, {20000});
    REQUIRE(ports);
    CHECK(ports->at("a") == 20002);
}

TEST_CASE("agent: a port that was given back is not soon given out again") {
    SeededRng rng(3);
    PortAllocator allocator({20000, 20100}, rng, always_free);
    std::set<int> seen;
    for (int i = 0; i < 100; ++i)
        seen.insert(allocator.allocate({{"a", port(1)}}, {}).value().at("a"));
    CHECK(seen.size() == 100);
}

TEST_CASE("agent: all ports are given or none, with a sentence that names the port") {
    SeededRng rng(1);
    PortAllocator allocator({20000, 20001}, rng, always_free);
    auto const full = allocator.allocate({{"a", port(1)}, {"b", port(2)}}, {});
    REQUIRE(!full);
    CHECK(full.error().message ==
          "unable to allocate ports: port \"b\": no free port in --port-range 20000:20001");
    auto const clash = allocator.allocate({{"a", port(1, 80)}}, {80});
    REQUIRE(!clash);
    CHECK(clash.error().message ==
          "unable to allocate ports: port \"a\": 80 is held by another job on this host");
}

TEST_CASE("agent: one number twice within a job is fine") {
    SeededRng rng(1);
    PortAllocator allocator({20000, 20001}, rng, always_free);
    auto const ports =
        allocator.allocate({{"dns", port(53, 53)}, {"dnsu", port(53, 53, "udp")}}, {});
    CHECK(ports.has_value());
}

TEST_CASE("agent: the probe sees a port that a server listens on") {
    boost::asio::io_context loop;
    boost::asio::ip::tcp::acceptor server(loop, {boost::asio::ip::tcp::v4(), 0});
    int const taken = server.local_endpoint().port();
    CHECK(!port_is_free({taken, "tcp", std::nullopt}));
    server.close();
    CHECK(port_is_free({taken, "tcp", std::nullopt}));
}

} // namespace
} // namespace heliosd::agent
