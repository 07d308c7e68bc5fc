// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "sim/connection.h"
#include "store/follow_state.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::sim {

class Session;
class LaggingStore;

/// Follows a subtree with ZooKeeper's one-shot watches. Every read arms the watch anew, so nothing
/// falls between two reads; a watch that fires, and a read that got lost, put the path on a list to
/// be read. It works by itself while the store runs, whether or not anybody asks: replies arrive in
/// the order of the requests and are observed in that order.
///
/// A path stays with its session. Sessions may be connected to servers of different age, so an
/// absence is believed only after a `sync`.
class LaggingFollower final : public store::Follower {
public:
    LaggingFollower(LaggingStore& store, std::string root, store::Scope scope);
    ~LaggingFollower() override;

    Async<Result<store::Batch>> next() override;
    Async<Result<std::vector<store::Change>>> refresh(std::vector<std::string> paths) override;

    /// The store tells what happens.
    void connected(Session& session, bool watches_lost);
    void fired(std::string const& path);
    void wake() { wakeup_.set(); }

private:
    struct Place {
        Session* session;
        std::size_t watch_bytes;
    };
    struct Fence;

    using Observe = void (LaggingFollower::*)(std::string const& path, Reply reply, bool fenced);

    Session& session_of(std::string const& path, store::Interest interest);
    void forget(std::string const& path);
    void advance();
    void read(std::string const& path, std::shared_ptr<Fence> fence);
    void sync(Session& session, std::shared_ptr<Fence> fence);
    void submit(Session& session, Request request, std::shared_ptr<Fence> fence, std::string path,
                Observe observe);
    void observe_data(std::string const& path, Reply reply, bool fenced);
    void observe_existence(std::string const& path, Reply reply, bool fenced);
    void observe_children(std::string const& path, Reply reply, bool fenced);
    bool is_answer(std::string const& path, Reply const& reply);
    void missing(std::string const& path, bool fenced);
    void gone(std::string const& path);

    LaggingStore& store_;
    store::FollowState state_;
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

} // namespace heliosd::sim
