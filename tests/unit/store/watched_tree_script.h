// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/watched_tree.h"
#include "support/catch.h"

#include <deque>
#include <string>
#include <vector>

// Plays single interleavings of a watched tree's reads, step by step.
namespace heliosd::store {

using Outcome = WatchReply::Outcome;
using What = WatchedTree::Request::What;

inline constexpr SessionNumber lists = 0, leaves = 1, others = 2;

/// `/r` and `/r/list` are watched for their children, all other nodes for their data; each of the
/// three on a session of its own.
class Script {
public:
    Script() : tree("/r", scope, {reserve, [](SessionNumber, std::string_view, unsigned) {}}) {
        tree.start(now);
    }

    /// The next request, which must be this one.
    std::uint64_t expect(What what, std::string_view path) {
        collect();
        REQUIRE(!requests.empty());
        auto const request = requests.front();
        requests.pop_front();
        CHECK(static_cast<int>(request.what) == static_cast<int>(what));
        CHECK(request.path == path);
        return request.id;
    }
    bool quiet() {
        collect();
        return requests.empty();
    }
    void reply(std::uint64_t id, WatchReply reply) { tree.replied(id, std::move(reply), now); }
    void answer(What what, std::string_view path, WatchReply answer) {
        reply(expect(what, path), std::move(answer));
    }
    void list(std::vector<std::string> names, std::int64_t pzxid) {
        answer(What::children, "/r", children(std::move(names), pzxid));
    }
    void fire(SessionNumber session, std::string_view path) {
        tree.watch_fired(session, path, now);
    }
    std::string taken() {
        if (!tree.ready()) return "nothing";
        return text(tree.take().changes);
    }

    static WatchReply children(std::vector<std::string> names, std::int64_t pzxid) {
        Stat const stat{.czxid = 1, .mzxid = 1, .pzxid = pzxid};
        return {.stat = stat, .names = std::move(names)};
    }
    static WatchReply node(std::int64_t czxid, std::int64_t mzxid, std::string data) {
        return {.stat = {.czxid = czxid, .mzxid = mzxid}, .data = std::move(data)};
    }
    static WatchReply failed(Outcome outcome) { return {.outcome = outcome}; }
    static std::string text(std::vector<Change> const& changes) {
        std::string all;
        for (auto const& change : changes) {
            if (!all.empty()) all += ' ';
            all += change.path;
            all += change.unreadable ? "!" : change.node ? "=" + change.node->data : "-";
        }
        return all;
    }

    SteadyTime now{};
    WatchedTree tree;
    std::deque<WatchedTree::Request> requests;

private:
    static Interest scope(std::string_view path) {
        bool const is_list = path == "/r" || path == "/r/list";
        return {.data = !is_list, .children = is_list};
    }
    static SessionNumber reserve(std::string_view path, unsigned) {
        return path == "/r" ? lists : path == "/r/list" ? others : leaves;
    }
    void collect() {
        for (auto& request : tree.take_requests(now)) requests.push_back(std::move(request));
    }
};

/// `/r/a` exists with version 2, and has been delivered.
struct WithA : Script {
    WithA() {
        list({"a"}, 2);
        answer(What::data, "/r/a", node(2, 2, "old"));
        CHECK(taken() == "/r= /r/a=old");
    }
};

} // namespace heliosd::store
