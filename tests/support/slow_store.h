// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/store.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heliosd::test {

/// A store as far away as a real one: every read takes `latency`. Counts how many are under way.
class SlowStore : public store::Store {
public:
    SlowStore(store::Store& store, Clock& clock, Duration latency)
        : latency(latency), store_(store), clock_(clock) {}

    Async<Result<store::Node>> get(std::string path) override {
        return slowly(store_.get(std::move(path)));
    }
    Async<Result<std::optional<store::Stat>>> exists(std::string path) override {
        return slowly(store_.exists(std::move(path)));
    }
    Async<Result<std::vector<std::string>>> children(std::string path) override {
        return slowly(store_.children(std::move(path)));
    }
    Async<Result<>> create(std::string path, std::string data, store::CreateMode mode) override {
        return store_.create(std::move(path), std::move(data), mode);
    }
    Async<Result<store::Stat>> set(std::string path, std::string data,
                                   std::int32_t version) override {
        return store_.set(std::move(path), std::move(data), version);
    }
    Async<Result<>> remove(std::string path, std::int32_t version) override {
        return store_.remove(std::move(path), version);
    }
    Async<store::MultiResult> multi(std::vector<store::Op> ops) override {
        return store_.multi(std::move(ops));
    }
    Async<Result<>> sync(std::string path) override { return store_.sync(std::move(path)); }
    std::unique_ptr<store::Follower> follow(std::string root, store::Scope scope) override {
        return store_.follow(std::move(root), std::move(scope));
    }
    store::Session session() const override { return store_.session(); }
    Async<store::Session> session_changed(store::Session seen) override {
        return store_.session_changed(seen);
    }

    Duration latency;
    std::size_t reading = 0; ///< under way now
    std::size_t most = 0;    ///< ever under way at once

private:
    template <class T> Async<Result<T>> slowly(Async<Result<T>> read) {
        struct Leave {
            std::size_t& reading;
            ~Leave() { --reading; }
        } const leave{++reading};
        most = std::max(most, reading);
        co_await clock_.sleep(latency);
        co_return co_await std::move(read);
    }

    store::Store& store_;
    Clock& clock_;
};

} // namespace heliosd::test
