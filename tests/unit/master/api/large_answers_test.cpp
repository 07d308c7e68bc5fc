// SPDX-License-Identifier: Apache-2.0
// No request holds up the loop, however large the cluster is.
#include "unit/master/api/answers.h"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace heliosd::master {
namespace {

using test::create;
using test::MasterCluster;

constexpr int hosts = 3000;

/// Hosts with one deployed job, which reports a status of a kilobyte on each.
Async<std::string> fill(MasterCluster& cluster) {
    auto& store = *cluster.first().store;
    auto const id = co_await create(cluster.first(), R"({"id":"a:1","image":"busybox"})");
    auto const job = R"({"id":")" + id + R"(","image":"busybox"})";
    auto const task = R"({"goal":"START","job":)" + job + "}";
    auto const status =
        R"({"state":"RUNNING","env":{"X":")" + std::string(1000, 'x') + R"("},"job":)" + job + "}";
    for (int i = 0; i < hosts; ++i) {
        auto const config = fmt::format("/config/hosts/h{}", i);
        auto const report = fmt::format("/status/hosts/h{}", i);
        std::vector<store::Op> ops{store::Create{config, ""},
                                   store::Create{config + "/id", "x"},
                                   store::Create{config + "/jobs", ""},
                                   store::Create{config + "/jobs/" + id, task},
                                   store::Create{report, ""},
                                   store::Create{report + "/jobs", ""},
                                   store::Create{report + "/jobs/" + id, status}};
        co_await store.multi(std::move(ops));
    }
    co_await cluster.settle();
    co_return id;
}

/// How often others got their turn while `call` ran.
struct Turns {
    bool over = false;
    std::size_t count = 0;
};
Async<void> take_turns(std::shared_ptr<Turns> turns) {
    auto const executor = co_await asio::this_coro::executor;
    for (; !turns->over; ++turns->count) co_await asio::post(executor, asio::use_awaitable);
}
Async<std::size_t> turns_during(MasterCluster& cluster, std::string method, std::string target,
                                std::string body = "") {
    auto const turns = std::make_shared<Turns>();
    cluster.tasks.spawn("others", take_turns(turns));
    auto const answer =
        co_await cluster.first().call(std::move(method), std::move(target), std::move(body));
    turns->over = true;
    CHECK(answer.status == 200);
    co_return turns->count;
}

/// The sizes of the chunks in which a document comes.
Async<std::vector<std::size_t>> chunks_of(MasterCluster& cluster, std::string method,
                                          std::string target, std::string body = "") {
    net::Request request{.method = std::move(method), .target = std::move(target)};
    request.headers.set("Content-Type", "application/json");
    request.body = std::move(body);
    auto response = co_await cluster.first().api.handle(std::move(request), {});
    auto* const source = std::get_if<std::unique_ptr<net::BodySource>>(&response.body);
    std::vector<std::size_t> sizes;
    std::string text;
    while (source) {
        auto const chunk = co_await (*source)->read();
        if (!chunk || chunk->empty()) break;
        sizes.push_back(chunk->size());
        text += *chunk;
    }
    CHECK(json::parse(text));
    co_return sizes;
}

Async<void> large(MasterCluster& cluster) {
    auto const id = co_await fill(cluster);
    std::string names, ids;
    for (int i = 0; i < hosts; ++i) {
        names += fmt::format("{}\"h{}\"", names.empty() ? "" : ",", i);
        ids += fmt::format("{}\"j:1:{:040}\"", ids.empty() ? "" : ",", i);
    }
    auto const list = co_await turns_during(cluster, "GET", "/hosts");
    CHECK(list >= hosts / 500 - 1);
    auto const named = co_await turns_during(cluster, "GET", "/hosts?namePattern=h1");
    CHECK(named >= hosts / 500 - 1);
    auto const jobs = co_await turns_during(cluster, "GET", "/jobs?hostPattern=h1");
    CHECK(jobs >= hosts / 500 - 1);
    auto const asked = co_await turns_during(cluster, "POST", "/jobs/statuses", '[' + ids + ']');
    CHECK(asked >= hosts / 500 - 1);

    auto const one = co_await chunks_of(cluster, "GET", "/jobs/" + id + "/status");
    auto const several =
        co_await chunks_of(cluster, "POST", "/jobs/statuses", R"([")" + id + R"("])");
    auto const all = co_await chunks_of(cluster, "POST", "/hosts/statuses", '[' + names + ']');
    for (auto const& sizes : {one, several, all}) {
        CHECK(sizes.size() > 10);
        REQUIRE(!sizes.empty());
        CHECK(std::ranges::max(sizes) < 300'000);
    }
}
TEST_CASE("master: large answers are made in pieces, and others get their turn in between") {
    MasterCluster cluster;
    cluster.run(large(cluster));
}

} // namespace
} // namespace heliosd::master
