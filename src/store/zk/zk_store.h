// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/clock.h"
#include "base/async/condition.h"
#include "base/async/task_group.h"
#include "store/acl.h"
#include "store/store.h"
#include "store/zk/connect_string.h"
#include "store/zk/session.h"

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

class ZkFollower;

struct ZkOptions {
    /// `a:2181,b:2181/chroot`; the chroot must exist.
    std::string servers = "localhost:2181";
    Duration session_timeout = std::chrono::seconds{60};
    Duration connection_limit = std::chrono::seconds{15};
    /// `user:password` of the digest scheme; none when empty.
    std::string credentials;
    /// Without one, created nodes are open to all.
    AclPolicy acl;
    /// For server names; without it, addresses and `localhost` work.
    Resolve resolve;
    /// So much of watched paths goes on one session: after a reconnect the library sends all of
    /// them in one packet, and past 1 MB the servers drop the connection for ever.
    std::size_t watch_bytes_per_session = std::size_t{500} * 1024;
};

/// A `Store` on a ZooKeeper ensemble. The first session has the ephemeral nodes, all writes and the
/// plain reads; followers' watches are spread over as many sessions as their bytes need (the
/// servers' `maxClientCnxns` must allow that). It works while `run` runs; calls made earlier wait
/// for it.
class ZkStore final : public Store, private ZkSession::Listener {
public:
    /// Errors name what is wrong with the options.
    static Result<std::unique_ptr<ZkStore>> make(Executor executor, Clock& clock,
                                                 ZkOptions options);
    ~ZkStore() override;

    /// Keeps the sessions alive until cancelled or closed; then ends them at the servers. Throws
    /// what a session failed with, which no trouble with servers or network makes it do.
    Async<void> run();
    /// Ends `run` from inside the loop, and waits for that.
    Async<void> close();

    Async<Result<Node>> get(std::string path) override;
    Async<Result<std::optional<Stat>>> exists(std::string path) override;
    Async<Result<std::vector<std::string>>> children(std::string path) override;
    Async<Result<>> create(std::string path, std::string data, CreateMode mode) override;
    Async<Result<Stat>> set(std::string path, std::string data, std::int32_t version) override;
    Async<Result<>> remove(std::string path, std::int32_t version) override;
    Async<MultiResult> multi(std::vector<Op> ops) override;
    Async<Result<>> sync(std::string path) override;
    std::unique_ptr<Follower> follow(std::string root, Scope scope) override;
    /// Connected means all sessions are: otherwise some of what followers show may be old. Id and
    /// epoch are those of the first.
    Session session() const override { return session_; }
    Async<Session> session_changed(Session seen) override;

    /// Why it is not connected, in words; empty when it is.
    std::string trouble() const;
    /// What it takes to continue the first session elsewhere, beside its id.
    std::string const& session_password() const { return sessions_.front()->password(); }
    std::size_t session_count() const { return sessions_.size(); }

private:
    friend class ZkFollower;

    ZkStore(Executor executor, Clock& clock, ZkOptions options, ConnectString servers);

    // ZkSession::Listener
    void connection_changed(ZkSession& session, bool watches_lost) override;
    void watch_fired(std::string const& path) override;

    ZkSession& first() { return *sessions_.front(); }
    ZkSession& add_session();
    /// A session with room for watches of this size.
    ZkSession& session_for(std::size_t watch_bytes);
    std::size_t watch_size(std::string_view path) const;

    Async<void> body();
    Async<void> watch_over();
    bool all_closed() const;
    Async<ZkReply> read(ZkRequest::Start request);
    Async<Result<ZkReply>> write(std::string path, ZkRequest::Start request);
    std::vector<AclEntry> acl_for(std::string_view path) const;
    void update_session();

    Executor executor_;
    Clock& clock_;
    ZkOptions options_;
    ConnectString servers_;
    std::vector<std::unique_ptr<ZkSession>> sessions_; ///< never empty, never shrinks
    std::vector<ZkFollower*> followers_;
    Session session_;
    Condition changed_;
    AutoResetEvent stop_;
    bool running_ = false, closed_ = false;
    std::exception_ptr failure_;
    TaskGroup tasks_;
};

} // namespace heliosd::store
