// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/acl.h"
#include "store/store.h"
#include "store/zk/session_pool.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

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

/// A `Store` on a ZooKeeper ensemble: its operations, all on the first session of a pool. It works
/// while `run` runs; calls made earlier wait for it.
class ZkStore final : public Store {
public:
    /// Errors name what is wrong with the options.
    static Result<std::unique_ptr<ZkStore>> make(Executor executor, Clock& clock,
                                                 ZkOptions options);
    ~ZkStore() override;

    /// Keeps the sessions alive until cancelled or closed (`ZkSessionPool::run`).
    Async<void> run() { return pool_.run(); }
    /// Ends `run` from inside the loop, and waits for that.
    Async<void> close() { return pool_.close(); }

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
    Session session() const override { return pool_.session(); }
    Async<Session> session_changed(Session seen) override { return pool_.session_changed(seen); }

    /// Why it is not connected, for people; empty when it is.
    std::string trouble() const { return pool_.trouble(); }
    /// What it takes to continue the first session elsewhere, beside its id.
    std::string const& session_password() { return pool_.first().password(); }
    std::size_t session_count() const { return pool_.size(); }

private:
    ZkStore(Executor executor, Clock& clock, ZkOptions options, ConnectString servers);

    /// A read that succeeded, or what its failure means.
    Async<Result<ZkReply>> read(std::string path, ZkRequest::Start request);
    Async<ZkReply> read_twice(ZkRequest::Start request);
    Async<Result<ZkReply>> write(std::string path, ZkRequest::Start request);
    std::vector<AclEntry> acl_for(std::string_view path) const;

    AclPolicy acl_;
    std::string chroot_;
    ZkSessionPool pool_;
};

} // namespace heliosd::store
