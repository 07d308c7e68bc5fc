// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/condition.h"
#include "store/follower.h"
#include "store/watch_sessions.h"
#include "store/watched_tree.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::store {

/// Follows a subtree with ZooKeeper's one-shot watches: the I/O around a `WatchedTree`. Every read
/// leaves its watch behind, so nothing falls between two reads. It works while the sessions do,
/// whether or not somebody waits in `next`.
class WatchFollower final : public Follower, private WatchListener {
public:
    WatchFollower(WatchSessions& sessions, std::string root, Scope scope);
    ~WatchFollower() override;

    Async<Result<Batch>> next() override;
    Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) override;
    std::optional<SteadyTime> stale_since() const override;

private:
    void session_connected(SessionNumber session, bool watches_lost) override;
    void session_disconnected(SessionNumber session) override;
    void watch_fired(SessionNumber session, std::string const& path) override;
    void sessions_closed() override;

    void advance();
    void send(WatchedTree::Request request);
    void replied(std::uint64_t id, WatchReply reply);
    void schedule_retries();
    void later(Duration delay, void (WatchFollower::*action)());
    void retry_refused();
    void retry_unreadable();

    WatchSessions& sessions_;
    WatchedTree tree_;
    AutoResetEvent wakeup_;
    Condition fence_progress_;
    bool advancing_ = false;
    bool retrying_refused_ = false, retrying_unreadable_ = false;
    Duration retry_pause_;
    /// Expires with the follower: replies that come later are dropped.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace heliosd::store
