// SPDX-License-Identifier: Apache-2.0
#include "base/async/task_group.h"
#include "base/async/within.h"
#include "net/stream.h"
#include "net/transfer_budget.h"

#include "support/catch.h"
#include "support/run.h"

#include <array>
#include <vector>

#include <sys/socket.h>

namespace heliosd::net {
namespace {

using namespace std::chrono_literals;

/// Both ends of a connection.
struct Ends {
    Stream ours, theirs;
};

Ends connected(Executor executor) {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    Stream::Socket::protocol_type const protocol(AF_UNIX, 0);
    return {.ours = Stream(Stream::Socket(executor, protocol, fds[0])),
            .theirs = Stream(Stream::Socket(executor, protocol, fds[1]))};
}

Async<Result<>> wait_until_expired(Clock& clock, Stream* stream) {
    while (!stream->has_expired()) co_await clock.sleep(1ms);
    // The timer's handler runs before this resumes.
    co_await clock.sleep(1ms);
    co_return Result<>{};
}

Async<Result<>> after_the_deadline(Clock& clock, Stream* stream, bool only_wait) {
    stream->expires_after(1ms);
    CO_TRY(co_await wait_until_expired(clock, stream));
    if (only_wait) co_return co_await within(clock, 10s, stream->readable());
    std::array<char, 8> bytes{};
    CO_TRY(co_await within(clock, 10s, stream->read_some(bytes)));
    co_return Result<>{};
}

TEST_CASE("net: a deadline that passes while no operation is pending ends the next one") {
    bool const only_wait = GENERATE(false, true);
    test::RealWorld world;
    auto ends = connected(world.executor());
    auto const outcome = world.run(after_the_deadline(world.clock, &ends.ours, only_wait));
    REQUIRE(!outcome);
    CHECK(outcome.error().code == Errc::timed_out);
    // Not the limit of the test.
    CHECK(outcome.error().message == "the other side was silent for too long");
}

Async<Result<std::size_t>> renew(Clock& clock, Stream* stream, Stream* other) {
    stream->expires_after(1ms);
    CO_TRY(co_await wait_until_expired(clock, stream));
    stream->expires_after(10s);
    std::array text{asio::buffer(std::string_view("abc"))};
    TransferBudget budget(10s);
    CO_TRY(co_await other->write(text, &budget));
    std::array<char, 8> bytes{};
    auto count = co_await stream->read_some(bytes);
    stream->disarm();
    co_return count;
}

TEST_CASE("net: a limit that is renewed after its deadline counts anew") {
    test::RealWorld world;
    auto ends = connected(world.executor());
    CHECK(world.run(renew(world.clock, &ends.ours, &ends.theirs)) == 3u);
}

/// Takes a little after each pause, for ever.
Async<void> read_slowly(Clock& clock, Stream* stream) {
    std::vector<char> bytes(64 * 1024);
    for (;;) {
        auto const count = co_await stream->read_some(bytes);
        if (!count || *count == 0) co_return;
        co_await clock.sleep(5ms);
    }
}

Async<Result<>> write_much(Stream* stream, std::string const* text) {
    std::array buffers{asio::buffer(*text)};
    TransferBudget budget(50ms, 1'000'000'000);
    co_return co_await stream->write(buffers, &budget);
}

Async<Result<>> with_reader(TaskGroup* group, Clock& clock, Ends* ends, std::string const* text) {
    group->spawn("reader", read_slowly(clock, &ends->theirs));
    co_return co_await write_much(&ends->ours, text);
}

TEST_CASE("net: a peer that takes little at a time ends a write when the budget is spent") {
    test::RealWorld world;
    auto ends = connected(world.executor());
    TaskGroup group(world.executor());
    std::string const text(8 * 1024 * 1024, 'x');
    auto const outcome = world.run(group.scope(with_reader(&group, world.clock, &ends, &text)));
    REQUIRE(!outcome);
    CHECK(outcome.error().message == "the other side was silent for too long");
}

} // namespace
} // namespace heliosd::net
