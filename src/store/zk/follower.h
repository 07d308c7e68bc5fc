// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "store/follow_state.h"
#include "store/zk/request.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::store {

class ZkSession;
class ZkStore;

/// Follows a subtree with ZooKeeper's one-shot watches. Every read arms the watch anew, so nothing
/// falls between two reads; a watch that fires, and a read that got lost, put the path on a list to
/// be read. It works by itself while the store runs, whether or not anybody asks: replies arrive in
/// the order of the requests and are observed in that order.
///
/// A path stays with its session. Sessions may be connected to servers of different age, so an
/// absence is believed only after a `sync`.
class ZkFollower final : public Follower {
public:
    ZkFollower(ZkStore& store, std::string root, Scope scope);
    ~ZkFollower() override;

    Async<Result<Batch>> next() override;
    Async<Result<std::vector<Change>>> refresh(std::vector<std::string> paths) override;

    /// The store tells what happens.
    void connected(ZkSession& session, bool watches_lost);
    void fired(std::string const& path);
    void wake() { wakeup_.set(); }

private:
    struct Place {
        ZkSession* session;
        std::size_t watch_bytes;
    };
    struct Fence;

    using Observe = void (ZkFollower::*)(std::string const& path, ZkReply reply, bool fenced);

    ZkSession& session_of(std::string const& path, Interest interest);
    void forget(std::string const& path);
    void advance();
    void read(std::string const& path, std::shared_ptr<Fence> fence);
    void sync(ZkSession& session, std::shared_ptr<Fence> fence);
    void submit(ZkSession& session, ZkRequest::Start request, std::shared_ptr<Fence> fence,
                std::string path, Observe observe);
    void observe_data(std::string const& path, ZkReply reply, bool fenced);
    void observe_existence(std::string const& path, ZkReply reply, bool fenced);
    void observe_children(std::string const& path, ZkReply reply, bool fenced);
    bool is_answer(std::string const& path, ZkReply const& reply);
    void missing(std::string const& path, bool fenced);
    void gone(std::string const& path);

    ZkStore& store_;
    FollowState state_;
    AutoResetEvent wakeup_;
    std::map<std::string, Place, std::less<>> places_;
    std::set<std::string> to_read_;
    /// Read once more after a reconnect, behind everything else: the servers are supposed to fire
    /// the watches of what changed meanwhile, and this makes sure.
    std::set<std::string> to_verify_;
    std::size_t outstanding_ = 0;
    std::optional<Error> failure_;
    /// Gone when this is: replies that come later have nobody to observe them.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace heliosd::store
