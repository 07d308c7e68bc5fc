// SPDX-License-Identifier: Apache-2.0
// How the mirror copes with a tree that is large, slow, or has to be read anew.
#include "master/view/cluster_mirror.h"

#include "layout/paths.h"
#include "store/embedded/embedded_store.h"
#include "support/catch.h"
#include "support/run.h"
#include "support/slow_store.h"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace heliosd::master {
namespace {

using namespace std::chrono_literals;

/// A store whose followers can be made to fail, and which tells when it hands out a snapshot.
class ShakyStore : public test::SlowStore {
public:
    using SlowStore::SlowStore;

    std::unique_ptr<store::Follower> follow(std::string root, store::Scope scope) override {
        return std::make_unique<Follower>(*this, root, SlowStore::follow(root, std::move(scope)));
    }

    std::string failing; ///< the root whose follower fails at the next change
    std::function<void(std::string const& root)> on_snapshot;

private:
    class Follower final : public store::Follower {
    public:
        Follower(ShakyStore& store, std::string root, std::unique_ptr<store::Follower> inner)
            : store_(store), root_(std::move(root)), inner_(std::move(inner)) {}

        Async<Result<store::Batch>> next() override {
            auto batch = co_await inner_->next();
            if (std::exchange(store_.failing, store_.failing == root_ ? "" : store_.failing) ==
                root_)
                co_return fail(store::StoreErrc::no_auth, "not permitted for a moment");
            if (batch && batch->snapshot && store_.on_snapshot) store_.on_snapshot(root_);
            co_return batch;
        }
        Async<Result<std::vector<store::Change>>> refresh(std::vector<std::string> nodes) override {
            return inner_->refresh(std::move(nodes));
        }

    private:
        ShakyStore& store_;
        std::string root_;
        std::unique_ptr<store::Follower> inner_;
    };
};

struct Setup {
    Async<void> put(std::string path, std::string data = "") {
        auto const made = co_await store->create(path, data, store::CreateMode::persistent);
        if (!made) co_await store->set(std::move(path), std::move(data), store::any_version);
    }
    /// Runs `body` beside a mirror that has been loaded.
    void run(Async<void> body) { world.run(tasks.scope(started(std::move(body)))); }

    test::World world;
    InlineOffload offload;
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> store = ensemble.connect({.connection_limit = 15s});
    ShakyStore shaky{*store, world.clock, 10ms};
    SeededRng rng{1};
    ClusterMirror mirror{world.executor(), shaky, world.clock, rng};
    ClusterView const& view = mirror.view();
    TaskGroup tasks{world.executor()};

private:
    Async<void> started(Async<void> body) {
        for (auto const root : {layout::config_jobs, layout::config_hosts, layout::status_hosts,
                                layout::status_masters})
            co_await store::ensure_path(*store, std::string(root));
        tasks.spawn("mirror", mirror.run());
        co_await mirror.wait_loaded(1s);
        co_await std::move(body);
    }
};

std::string job_id(int number) {
    return fmt::format("j:{:04}:h", number);
}
std::string job_text(int number, std::string const& image = "busybox") {
    return fmt::format(R"({{"id":"{}","image":"{}"}})", job_id(number), image);
}

constexpr int jobs = 2000;

/// What another coroutine sees while the second snapshot is being applied.
struct Seen {
    int turns = 0;
    std::size_t fewest_jobs = jobs;
    bool fenced = false;
};

Async<void> look_on(Setup& setup, Seen& seen) {
    auto const executor = co_await asio::this_coro::executor;
    while (setup.view.job(job_id(0))) {
        ++seen.turns;
        seen.fewest_jobs = std::min(seen.fewest_jobs, setup.view.jobs().size());
        co_await asio::post(executor, asio::use_awaitable);
    }
}

/// Changes a job that the snapshot ends with, and wants to see that at once.
Async<void> write_meanwhile(Setup& setup, Seen& seen) {
    auto const path = layout::job(job_id(jobs));
    co_await setup.put(path, job_text(jobs, "changed"));
    seen.fenced = co_await setup.mirror.refresh({path}, 2s);
    auto const job = setup.view.job(job_id(jobs));
    CHECK((job && job->job.image == "changed"));
}

Async<void> read_anew(Setup& setup) {
    for (int i = 0; i < jobs; ++i) co_await setup.put(layout::job(job_id(i)), job_text(i));
    co_await setup.world.clock.sleep(1s);
    CHECK(setup.view.jobs().size() == jobs);

    Seen seen;
    setup.shaky.on_snapshot = [&](std::string const&) {
        setup.tasks.spawn("look on", look_on(setup, seen));
        setup.tasks.spawn("write", write_meanwhile(setup, seen));
    };
    setup.shaky.failing = layout::config_jobs;
    co_await setup.store->remove(layout::job(job_id(0)), store::any_version);
    co_await setup.put(layout::job(job_id(jobs)), job_text(jobs));
    co_await setup.world.clock.sleep(30s);
    CHECK(seen.turns > jobs / 500);
    CHECK(seen.fewest_jobs == jobs);
    CHECK(seen.fenced);
    CHECK(setup.view.jobs().size() == jobs);
    CHECK(setup.view.job(job_id(jobs))->job.image == "changed");
}
TEST_CASE("master: a tree that is read anew replaces the view bit by bit, and shows no holes") {
    Setup setup;
    setup.run(read_anew(setup));
}

constexpr int hosts = 320;

Async<void> sweeps(Setup& setup) {
    auto const began = setup.world.clock.now();
    for (int i = 0; i < hosts; ++i) {
        auto const host = fmt::format("h{:03}", i);
        co_await setup.put(layout::status_host(host));
        co_await setup.put(layout::status_host_info(host), R"({"hostname":"h"})");
    }
    auto const is_known = [&] { return setup.view.host("h319")->host_info != "null"; };
    co_await setup.world.clock.sleep(1ms);
    while (!is_known()) co_await setup.world.clock.sleep(10ms);
    CHECK(setup.world.clock.now() - began < 500ms);
    CHECK(setup.shaky.most == store::reads_at_once);
}
TEST_CASE("master: the infos of hosts are read side by side") {
    Setup setup;
    setup.run(sweeps(setup));
}

Async<void> one_hangs(Setup& setup) {
    setup.shaky.latency = 1h;
    co_await setup.put(layout::status_host("h1"));
    co_await setup.put(layout::status_host_info("h1"), R"({"hostname":"h1"})");
    co_await setup.world.clock.sleep(1s);
    CHECK(setup.shaky.reading == 1);
    setup.shaky.latency = 10ms;
    co_await setup.world.clock.sleep(10s);
    REQUIRE(setup.view.host("h1"));
    CHECK(setup.view.host("h1")->host_info != "null");
}
TEST_CASE("master: an info that takes too long is read again, and holds up no other") {
    Setup setup;
    setup.run(one_hangs(setup));
}

} // namespace
} // namespace heliosd::master
