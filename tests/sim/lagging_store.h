// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/condition.h"
#include "sim/session.h"
#include "store/store.h"
#include "store/watch_sessions.h"

#include <memory>
#include <vector>

namespace heliosd::sim {

/// A `Store` with ZooKeeper's semantics on a simulated ensemble: what it reads may be old, its
/// followers' watches are spread over sessions that may be on other servers, and connections break.
/// The followers themselves are those of ZooKeeper. One process of the simulation owns one.
class LaggingStore final : public store::Store,
                           private store::WatchSessions,
                           private Session::Listener {
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
    /// Called before a write is sent, when it is committed, and when it is answered.
    void on_write(std::function<void()> hook) { on_write_ = std::move(hook); }
    /// Its sessions, to be maltreated; the first has the writes.
    std::vector<std::unique_ptr<Session>> const& sessions() const { return sessions_; }

private:
    // Session::Listener
    void connection_changed(Session& session, bool watches_lost) override;
    void watch_fired(Session& session, std::string const& path) override;

    // store::WatchSessions
    Executor executor() const override { return executor_; }
    Clock& clock() const override { return ensemble_.clock(); }
    void add_listener(store::WatchListener& listener) override { listeners_.push_back(&listener); }
    void remove_listener(store::WatchListener& listener) override {
        std::erase(listeners_, &listener);
    }
    store::SessionNumber reserve(std::string_view path, unsigned watches) override;
    void release(store::SessionNumber session, std::string_view path, unsigned watches) override;
    void read(store::SessionNumber session, store::WatchRead what, std::string path,
              Patience patience, Handler handler) override;
    void sync(store::SessionNumber session, std::string path, Patience patience,
              Handler handler) override;
    bool is_connected(store::SessionNumber session) const override;
    bool is_closed() const override { return closed_; }
    Duration connection_limit() const override { return options_.connection_limit; }
    std::string trouble() const override;
    void run_after(Duration delay, std::function<void()> action) override;

    void add_session();
    void submit(store::SessionNumber session, Request request, Patience patience, Handler handler);
    void end();
    store::SessionNumber number_of(Session const& session) const;
    Async<Reply> read(Request request);
    Async<Reply> write(std::vector<store::Op> ops);
    Async<Result<store::Stat>> write_one(store::Op op);
    void update_session();

    Ensemble& ensemble_;
    Executor executor_;
    Options options_;
    bool closed_ = false;
    std::function<void()> on_write_ = [] {};
    store::Session session_;
    Condition changed_;
    std::vector<store::WatchListener*> listeners_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace heliosd::sim
