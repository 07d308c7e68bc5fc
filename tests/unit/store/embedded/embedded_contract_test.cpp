// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/embedded_store.h"
#include "store/embedded/sqlite_journal.h"

#include "support/catch.h"
#include "support/lossy_disk.h"
#include "support/run.h"
#include "support/store_contract.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

class EmbeddedEnvironment final : public test::StoreEnvironment {
public:
    EmbeddedEnvironment(test::World& world, EmbeddedEnsemble& ensemble)
        : world_(world), ensemble_(ensemble) {}

    Async<void> prepare() {
        Store& store = connect();
        auto const made = co_await ensure_path(store, base_);
        CHECK(made.has_value());
    }

    Clock& clock() override { return world_.clock; }
    std::string const& base() const override { return base_; }
    Store& connect() override {
        sessions_.push_back(ensemble_.connect({.connection_limit = 1s}));
        return *sessions_.back();
    }
    Async<void> close(Store& store) override {
        static_cast<EmbeddedStore&>(store).close();
        co_return;
    }
    Async<void> expire(Store& store) override {
        static_cast<EmbeddedStore&>(store).expire();
        co_return;
    }
    Async<void> cut() override {
        for (auto& session : sessions_) session->set_online(false);
        co_return;
    }
    Async<void> restore() override {
        for (auto& session : sessions_) session->set_online(true);
        co_return;
    }

private:
    test::World& world_;
    EmbeddedEnsemble& ensemble_;
    std::string base_ = "/contract";
    std::vector<std::unique_ptr<EmbeddedStore>> sessions_;
};

TEST_CASE("store: the tree in memory keeps the contract") {
    for (auto const& one : test::store_contract()) {
        DYNAMIC_SECTION(one.name) {
            test::World world;
            InlineOffload offload;
            EmbeddedEnsemble ensemble(world.executor(), world.clock, offload);
            EmbeddedEnvironment environment(world, ensemble);
            world.run(environment.prepare());
            world.run(one.run(environment));
        }
    }
}

TEST_CASE("store: the tree on an SQLite file keeps the contract") {
    for (auto const& one : test::store_contract()) {
        DYNAMIC_SECTION(one.name) {
            test::World world;
            test::LossyDisk disk(2000);
            InlineOffload offload;
            auto journal = open_sqlite_journal("/store.db", disk.name());
            REQUIRE(journal.has_value());
            auto ensemble =
                EmbeddedEnsemble::open(world.executor(), world.clock, offload, std::move(*journal));
            REQUIRE(ensemble.has_value());
            EmbeddedEnvironment environment(world, **ensemble);
            world.run(environment.prepare());
            world.run(one.run(environment));
        }
    }
}

} // namespace
} // namespace heliosd::store
