// SPDX-License-Identifier: Apache-2.0
#include "store/zk/request_queue.h"

#include "base/async/within.h"
#include "store/zk/session.h"
#include "support/catch.h"
#include "support/run.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// A request that notes when the library gets it.
ZkRequest::Start noting(std::vector<int>& sent, int number) {
    return [&sent, number](_zhandle*, ZkRequest*) {
        sent.push_back(number);
        return 0;
    };
}

TEST_CASE("store: a request that is withdrawn before it is sent is never sent") {
    ZkRequestQueue queue;
    std::vector<int> sent;
    bool ended = false;
    auto const done = [&](ZkReply) { ended = true; };
    queue.push(noting(sent, 1), [](ZkReply) {}, SteadyTime::max());
    auto const second = queue.push(noting(sent, 2), done, SteadyTime::max());
    queue.push(noting(sent, 3), [](ZkReply) {}, SteadyTime::max());
    queue.withdraw(second);
    while (queue.may_send()) queue.send_next(nullptr);
    CHECK(sent == std::vector{1, 3});
    queue.fail_sent(zk::interrupted("lost"));
    CHECK(!ended);
}

TEST_CASE("store: a request that is withdrawn after it was sent goes on") {
    ZkRequestQueue queue;
    std::vector<int> sent;
    bool ended = false;
    auto const number =
        queue.push(noting(sent, 1), [&](ZkReply) { ended = true; }, SteadyTime::max());
    queue.send_next(nullptr);
    queue.withdraw(number);
    queue.fail_sent(zk::interrupted("lost"));
    CHECK(ended);
}

TEST_CASE("store: requests expire by their limits, and the first sync overtakes them") {
    ZkRequestQueue queue;
    std::vector<int> sent;
    std::vector<std::string> expired;
    auto const start = SteadyTime{};
    auto const done = [&](ZkReply reply) { expired.push_back(reply.trouble); };
    queue.push(noting(sent, 1), done, start + 1s);
    queue.push(noting(sent, 2), done, SteadyTime::max());
    queue.push_front(noting(sent, 0), done);
    queue.expire(start + 1s, "down");
    CHECK(expired == std::vector<std::string>{"down"});
    while (queue.may_send()) queue.send_next(nullptr);
    CHECK(sent == std::vector{0, 2});
}

struct Silent final : ZkSession::Listener {
    void connection_changed(ZkSession&, bool) override {}
    void watch_fired(ZkSession&, std::string const&) override {}
};

Async<Result<ZkReply>> call(ZkSession& session, ZkRequest::Start start) {
    co_return co_await session.call(std::move(start));
}

TEST_CASE("store: a call that is cancelled leaves no request behind") {
    test::World world;
    Silent listener;
    ServerAddresses addresses(world.executor(), world.clock, {{"127.0.0.1", 1}}, {});
    ZkSession session(world.executor(), world.clock, {}, addresses, listener);
    auto const alive = std::make_shared<bool>(true);
    auto const start = [alive](_zhandle*, ZkRequest*) { return 0; };
    auto const outcome = world.run(within(world.clock, 1s, call(session, start)));
    CHECK(outcome.error().code == Errc::timed_out);
    // Ours and that of `start`.
    CHECK(alive.use_count() == 2);
}

} // namespace
} // namespace heliosd::store
