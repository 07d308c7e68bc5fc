// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/condition.h"
#include "base/async/task_group.h"
#include "store/store.h"
#include "store/watch_sessions.h"
#include "store/zk/session.h"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// The sessions of one `ZkStore`. The first is for its operations and the ephemeral nodes;
/// followers' watches are spread over as many as their bytes need (the servers' `maxClientCnxns`
/// must allow that): after a reconnect the library sends all watches of a session in one packet,
/// and past 1 MB the servers drop the connection for ever.
class ZkSessionPool final : public WatchSessions, private ZkSession::Listener {
public:
    ZkSessionPool(Executor executor, Clock& clock, ZkSessionOptions options, ConnectString servers,
                  Resolve resolve, std::size_t watch_bytes_per_session);
    ~ZkSessionPool() override;

    /// Keeps the sessions alive until cancelled or closed; then ends them at the servers. Throws
    /// what a session failed with, which no trouble with servers or network makes it do.
    Async<void> run();
    /// Ends `run` from inside the loop, and waits for that.
    Async<void> close();

    ZkSession& first() { return *sessions_.front().session; }
    std::size_t size() const { return sessions_.size(); }
    /// Connected when all sessions are. Id and epoch are those of the first.
    Session session() const { return state_; }
    Async<Session> session_changed(Session seen);

    // WatchSessions
    Executor executor() const override { return executor_; }
    Clock& clock() const override { return clock_; }
    void add_listener(WatchListener& listener) override { listeners_.push_back(&listener); }
    void remove_listener(WatchListener& listener) override { std::erase(listeners_, &listener); }
    SessionNumber reserve(std::string_view path, unsigned watches) override;
    void release(SessionNumber session, std::string_view path, unsigned watches) override;
    void read(SessionNumber session, WatchRead what, std::string path, Patience patience,
              Handler handler) override;
    void sync(SessionNumber session, std::string path, Patience patience, Handler handler) override;
    bool is_connected(SessionNumber session) const override;
    bool is_closed() const override { return state_.state == SessionState::closed; }
    Duration connection_limit() const override { return options_.connection_limit; }
    std::string trouble() const override;
    void run_after(Duration delay, std::function<void()> action) override;

private:
    struct Member {
        std::unique_ptr<ZkSession> session;
        std::size_t watch_bytes = 0;
    };

    void connection_changed(ZkSession& session, bool watches_lost) override;
    void watch_fired(ZkSession& session, std::string const& path) override;

    void add();
    std::size_t watch_size(std::string_view path, unsigned watches) const;
    SessionNumber number_of(ZkSession const& session) const;
    Async<void> body();
    Async<void> settle_new_sessions();
    Async<void> delayed(Duration delay, std::function<void()> action);
    bool all_closed() const;
    void update();

    Executor executor_;
    Clock& clock_;
    ZkSessionOptions options_;
    std::size_t watch_bytes_per_session_;
    ServerAddresses addresses_;
    std::vector<Member> sessions_; ///< never empty, never shrinks
    std::vector<WatchListener*> listeners_;
    Session state_;
    Condition changed_;
    AutoResetEvent stop_;
    bool running_ = false, closing_ = false;
    std::exception_ptr failure_;
    TaskGroup tasks_;
};

} // namespace heliosd::store
