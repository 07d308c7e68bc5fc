// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/watched_tree.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace heliosd::test {

/// A ZooKeeper ensemble as a `WatchedTree` meets it: every state it ever had, and sessions on
/// servers that have applied only some of it. Nothing happens by itself.
class ModelEnsemble {
public:
    using Nodes = std::map<std::string, store::Node>;
    using Request = store::WatchedTree::Request;

    explicit ModelEnsemble(std::size_t sessions);

    // Transactions.
    void create(std::string const& path);
    void set(std::string const& path);
    void remove(std::string const& path); ///< and all below
    Nodes const& now() const { return states_.back(); }
    Nodes const& at(std::size_t zxid) const { return states_[zxid]; }
    std::size_t head() const { return states_.size() - 1; }
    /// A backup that old is restored, under sessions that have no connection.
    void restore(std::size_t zxid);

    // Sessions. Messages wait until they are delivered to the tree.
    std::size_t sessions() const { return sessions_.size(); }
    bool is_connected(std::size_t number) const { return sessions_[number].connected; }
    void send(Request request);
    /// The server applies the next transaction.
    bool advance(std::size_t number);
    /// The server executes the next request; `refused`: it says that it is too busy.
    bool execute(std::size_t number, bool refused);
    bool deliver(std::size_t number, store::WatchedTree& tree, SteadyTime now);
    void disconnect(std::size_t number, store::WatchedTree& tree, SteadyTime now);
    /// On a server that has applied `zxid`; with the same handle never less than was seen.
    void connect(std::size_t number, bool fresh, std::size_t zxid, store::WatchedTree& tree,
                 SteadyTime now);

private:
    struct Message {
        std::optional<std::uint64_t> id; ///< the reply to this request, else an event
        std::string path;
        store::WatchReply reply;
        std::size_t zxid = 0;
        bool data = false, children = false, existence = false; ///< the watches that fired
    };
    struct Session {
        bool connected = true;
        std::size_t zxid = 0, seen = 0;
        std::deque<Request> requests;
        std::deque<Message> messages;
        std::set<std::string> data, children, existence;
    };

    void commit(Nodes nodes);
    store::Stat stat() const;
    store::WatchReply answer(Session& session, Request const& request);

    std::vector<Nodes> states_;
    std::vector<Session> sessions_;
    std::int64_t time_ = 0;
};

} // namespace heliosd::test
