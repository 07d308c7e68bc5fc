// SPDX-License-Identifier: Apache-2.0
#include "net/resolver.h"

#include "base/async/task_group.h"
#include "base/async/within.h"

#include "support/catch.h"
#include "support/run.h"

#include <boost/asio/ip/udp.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace heliosd::net {
namespace {

using namespace std::chrono_literals;
using asio::ip::udp;

/// A name server that knows `web.test` (two IPv4 addresses) and `six.test` (one IPv6), never
/// answers for `silent.test`, and says that nothing else exists.
struct NameServer {
    explicit NameServer(Executor executor)
        : socket(executor, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

    Async<void> serve() {
        char packet[512];
        for (;;) {
            udp::endpoint from;
            auto const size =
                co_await socket.async_receive_from(asio::buffer(packet), from, asio::use_awaitable);
            ++questions;
            auto const reply = answer(std::string(packet, size));
            if (!reply.empty())
                co_await socket.async_send_to(asio::buffer(reply), from, asio::use_awaitable);
        }
    }

    static std::string answer(std::string const& question) {
        // Header of 12 bytes, then the name as labels, its type and its class.
        auto const end_of_name = question.find('\0', 12);
        auto const name = question.substr(12, end_of_name - 12);
        auto const type = question[end_of_name + 2];
        std::string records;
        int count = 0;
        auto const add = [&](char kind, std::string const& address) {
            ++count;
            records += std::string("\xc0\x0c\0", 3) + kind + std::string("\0\1\0\0\0\x3c\0", 7) +
                       static_cast<char>(address.size()) + address;
        };
        bool const web = name == "\3web\4test", six = name == "\3six\4test";
        if (name.starts_with("\6silent")) return {};
        if (web && type == 1) {
            add(1, "\x0a\1\2\3");
            add(1, "\x0a\1\2\4");
        }
        if (six && type == 28)
            add(28, std::string("\x20\1\x0d\xb8", 4) + std::string(11, '\0') + '\7');
        auto header = question.substr(0, 2);
        header += '\x81';
        header += web || six ? '\x80' : '\x83';
        header += std::string("\0\1\0", 3) + static_cast<char>(count) + std::string(4, '\0');
        return header + question.substr(12, end_of_name + 5 - 12) + records;
    }

    udp::socket socket;
    int questions = 0;
};

struct Names {
    Names() {
        options.servers = fmt::format("127.0.0.1:{}", server.socket.local_endpoint().port());
        options.hosts_file = "/dev/null";
    }

    /// The addresses as text, or the sentence of the error.
    std::string ask(SystemResolver& resolver, std::string host, Duration limit = 5s) {
        std::string text;
        world.run(tasks.scope(body(&resolver, std::move(host), limit, &text)));
        return text;
    }

    Async<void> body(SystemResolver* resolver, std::string host, Duration limit,
                     std::string* text) {
        tasks.spawn("name server", server.serve());
        auto const found = co_await resolver->resolve(std::move(host), limit);
        if (!found) *text = found.error().message;
        if (found)
            for (auto const& address : *found)
                *text += (text->empty() ? "" : " ") + address.to_string();
    }

    heliosd::test::RealWorld world;
    TaskGroup tasks{world.executor()};
    NameServer server{world.executor()};
    SystemResolver::Options options;
};

TEST_CASE("resolver: literal addresses and localhost need nobody's help") {
    Names names;
    SystemResolver resolver(names.world.clock, names.options);
    CHECK(names.ask(resolver, "10.0.0.1") == "10.0.0.1");
    CHECK(names.ask(resolver, "::1") == "::1");
    CHECK(names.ask(resolver, "localhost") == "127.0.0.1 ::1");
    CHECK(names.ask(resolver, "a.LOCALHOST") == "127.0.0.1 ::1");
    CHECK(names.ask(resolver, "") == "the host name is empty");
    CHECK(names.server.questions == 0);
}

TEST_CASE("resolver: name servers are asked for both families") {
    Names names;
    SystemResolver resolver(names.world.clock, names.options);
    auto const both = names.ask(resolver, "web.test");
    CHECK((both == "10.1.2.3 10.1.2.4" || both == "10.1.2.4 10.1.2.3"));
    CHECK(names.ask(resolver, "six.test") == "2001:db8::7");
    CHECK(names.server.questions == 4);
}

/// A clock that a test moves by hand.
struct HandClock final : Clock {
    SteadyTime now() const override { return real.now() + ahead; }
    WallTime wall() const override { return real.wall(); }
    Async<void> sleep_until(SteadyTime deadline) override {
        return real.sleep_until(deadline - ahead);
    }

    RealClock real;
    Duration ahead{};
};

TEST_CASE("resolver: an answer is kept for ten seconds, a failure not at all") {
    Names names;
    HandClock clock;
    SystemResolver resolver(clock, names.options);
    auto const first = names.ask(resolver, "web.test");
    CHECK(names.ask(resolver, "web.test") == first);
    CHECK(names.server.questions == 2);
    clock.ahead = 11s;
    CHECK(names.ask(resolver, "web.test").size() == first.size());
    CHECK(names.server.questions == 4);

    CHECK(names.ask(resolver, "missing.test") == "there is no host 'missing.test'");
    auto const asked = names.server.questions;
    CHECK(names.ask(resolver, "missing.test") == "there is no host 'missing.test'");
    CHECK(names.server.questions > asked);
}

TEST_CASE("resolver: a silent name server costs no more than the caller's limit") {
    Names names;
    SystemResolver resolver(names.world.clock, names.options);
    CHECK(names.ask(resolver, "silent.test", 30ms) ==
          "the name servers did not tell the address of 'silent.test' in time");
    CHECK(names.server.questions > 0);
}

TEST_CASE("resolver: the loop rests while a name server is silent") {
    Names names;
    SystemResolver resolver(names.world.clock, names.options);
    std::string text;
    auto asking = names.tasks.scope(names.body(&resolver, "silent.test", 30ms, &text));
    asio::co_spawn(names.world.executor(), std::move(asking), [](std::exception_ptr) {});
    auto const wake_ups = names.world.loop.run();
    CHECK(names.server.questions > 0);
    CHECK(text == "the name servers did not tell the address of 'silent.test' in time");
    CHECK(wake_ups < 60);
}

TEST_CASE("resolver: the hosts file comes before the name servers") {
    auto const path = std::filesystem::temp_directory_path() / fmt::format("hosts-{}", ::getpid());
    std::ofstream(path) << "10.9.9.9 web.test\n";
    Names names;
    names.options.hosts_file = path.string();
    SystemResolver resolver(names.world.clock, names.options);
    CHECK(names.ask(resolver, "web.test") == "10.9.9.9");
    CHECK(names.server.questions == 0);
    std::filesystem::remove(path);
}

TEST_CASE("resolver: a hosts file is read with its comments, aliases and mistakes") {
    std::string_view const text = "# comment\n"
                                  "127.0.0.1\tlocalhost\n"
                                  "10.0.0.1  alpha.example.net   Alpha # beta\n"
                                  "fe80::1   alpha\n"
                                  "10.0.0.1  alpha\n"
                                  "not-an-address alpha\n"
                                  "10.0.0.2";
    auto const found = addresses_in_hosts(text, "ALPHA");
    REQUIRE(found.size() == 2);
    CHECK(found[0].to_string() == "10.0.0.1");
    CHECK(found[1].to_string() == "fe80::1");
    CHECK(addresses_in_hosts(text, "beta").empty());
    CHECK(addresses_in_hosts(text, "").empty());
}

} // namespace
} // namespace heliosd::net
