// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "sim/session.h"
#include "store/store.h"

#include <memory>
#include <vector>

namespace heliosd::sim {

class LaggingFollower;

/// A `Store` with ZooKeeper's semantics on a simulated ensemble: what it reads may be old, its
/// followers' watches are spread over sessions that may be on other servers, and connections break.
/// One process of the simulation owns one.
class LaggingStore final : public store::Store, private Session::Listener {
public:
    struct Options {
        Duration connection_limit = std::chrono::seconds{15};
        std::size_t watch_bytes_per_session = 500;
    };

    LaggingStore(Ensemble& ensemble, Executor executor, Options options);
    ~LaggingStore() override;

    Async<Result<store::Node>> get(std::string path) override;
    Async<Result<std::optional<store::Stat>>> exists(std::string path) override;
    Async<Result<std::vector<std::string>>> children(std::string path) override;
    Async<Result<>> create(std::string path, std::string data, store::CreateMode mode) override;
    Async<Result<store::Stat>> set(std::string path, std::string data,
                                   std::int32_t version) override;
    Async<Result<>> remove(std::string path, std::int32_t version) override;
    Async<store::MultiResult> multi(std::vector<store::Op> ops) override;
    Async<Result<>> sync(std::string path) override;
    std::unique_ptr<store::Follower> follow(std::string root, store::Scope scope) override;
    store::Session session() const override { return session_; }
    Async<store::Session> session_changed(store::Session seen) override;

    void close();
    void crash();
    /// Its sessions, to be maltreated; the first has the writes.
    std::vector<std::unique_ptr<Session>> const& sessions() const { return sessions_; }

private:
    friend class LaggingFollower;

    void connection_changed(Session& session, bool watches_lost) override;
    void watch_fired(std::string const& path) override;

    Session& add_session();
    Session& session_for(std::size_t watch_bytes);
    Async<Reply> read(Request request);
    Async<Reply> write(std::vector<store::Op> ops);
    Async<Result<store::Stat>> write_one(store::Op op);
    void update_session();

    Ensemble& ensemble_;
    Executor executor_;
    Options options_;
    bool closed_ = false;
    store::Session session_;
    Condition changed_;
    std::vector<LaggingFollower*> followers_;
    std::vector<std::unique_ptr<Session>> sessions_;
};

} // namespace heliosd::sim
