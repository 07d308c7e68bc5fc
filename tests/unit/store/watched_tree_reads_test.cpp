// SPDX-License-Identifier: Apache-2.0
#include "store/watched_tree.h"

#include "support/catch.h"

#include <deque>

// Single interleavings of a watched tree's reads, step by step.

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using Outcome = WatchReply::Outcome;
using What = WatchedTree::Request::What;

constexpr SessionNumber lists = 0, leaves = 1, others = 2;

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

TEST_CASE("store: a list of children tells who is new and who is gone") {
    Script script;
    script.list({"b", "a"}, 3);
    CHECK(script.taken() == "nothing");
    script.answer(What::data, "/r/a", Script::node(2, 2, "1"));
    script.answer(What::data, "/r/b", Script::node(3, 3, "2"));
    CHECK(script.taken() == "/r= /r/a=1 /r/b=2");
    script.fire(lists, "/r");
    script.list({"c", "b"}, 5);
    script.answer(What::data, "/r/c", Script::node(5, 5, "3"));
    CHECK(script.taken() == "/r/a- /r/c=3");
    CHECK(script.quiet());
    CHECK(script.tree.size() == 3);
}

TEST_CASE("store: a list of children that is older than a child says nothing about it") {
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::node(5, 5, "new"));
    CHECK(script.taken() == "/r/a=new");
    script.fire(lists, "/r");
    script.list({}, 4);
    CHECK(script.taken() == "nothing");
    script.fire(lists, "/r");
    script.list({}, 6);
    CHECK(script.taken() == "/r/a-");
}

TEST_CASE("store: a late reply does not revive a node that is gone") {
    WithA script;
    script.fire(leaves, "/r/a");
    auto const late = script.expect(What::data, "/r/a");
    script.fire(lists, "/r");
    script.list({}, 4);
    CHECK(script.taken() == "/r/a-");
    script.reply(late, Script::node(2, 3, "ghost"));
    CHECK(script.taken() == "nothing");
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    // Nothing is left of it once a list that is behind a sync has omitted it.
    CHECK(script.taken() == "nothing");
    CHECK(script.quiet());
    CHECK(script.tree.size() == 1);
}

TEST_CASE("store: a node that is made again between two reads is read again") {
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    script.answer(What::sync, "/r", {});
    auto const absence = script.expect(What::data, "/r/a");
    // The list that knows the new node comes before the reply that does not.
    script.fire(lists, "/r");
    script.list({"a"}, 7);
    script.reply(absence, Script::failed(Outcome::missing));
    script.answer(What::data, "/r/a", Script::node(7, 7, "again"));
    CHECK(script.taken() == "/r/a=again");
    // And its watch is alive.
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::node(7, 8, "changed"));
    CHECK(script.taken() == "/r/a=changed");
}

TEST_CASE("store: an absence is believed behind a sync only") {
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    CHECK(script.taken() == "nothing");
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", Script::node(2, 9, "after all"));
    CHECK(script.taken() == "/r/a=after all");
}

TEST_CASE("store: an older version is believed behind a sync only") {
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::node(2, 5, "five"));
    CHECK(script.taken() == "/r/a=five");
    script.tree.session_disconnected(leaves, script.now);
    script.tree.session_connected(leaves, true, script.now);
    script.answer(What::data, "/r/a", Script::node(2, 4, "four"));
    CHECK(script.taken() == "nothing");
    script.answer(What::sync, "/r", {});
    // Restored from a backup.
    script.answer(What::data, "/r/a", Script::node(2, 4, "four"));
    CHECK(script.taken() == "/r/a=four");
}

TEST_CASE("store: a node that was not in the list before cannot be older than that list") {
    Script script;
    script.list({}, 5);
    CHECK(script.taken() == "/r=");
    script.fire(lists, "/r");
    script.list({"a"}, 7);
    script.answer(What::data, "/r/a", Script::node(4, 4, "of a server that lags"));
    CHECK(script.taken() == "nothing");
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", Script::node(7, 7, "new"));
    CHECK(script.taken() == "/r/a=new");
}

TEST_CASE("store: what a fresh handle shows of a node that is gone is doubted") {
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    CHECK(script.taken() == "/r/a-");
    script.tree.session_disconnected(leaves, script.now);
    script.tree.session_connected(leaves, true, script.now);
    // It came and went while nobody knew its transaction ids.
    script.answer(What::data, "/r/a", Script::node(3, 3, "between"));
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", Script::failed(Outcome::missing));
    CHECK(script.taken() == "nothing");
}

TEST_CASE("store: a list that is older than the last is believed behind a sync only") {
    WithA script;
    script.fire(lists, "/r");
    script.list({"a"}, 6);
    script.tree.session_disconnected(lists, script.now);
    script.tree.session_connected(lists, true, script.now);
    script.list({}, 4);
    CHECK(script.taken() == "nothing");
    script.answer(What::sync, "/r", {});
    script.list({"a"}, 6);
    CHECK(script.taken() == "nothing");
    CHECK(script.quiet());
}

TEST_CASE("store: a node that no list mentions is believed behind a sync only") {
    WithA script;
    auto const fence = std::make_shared<WatchedTree::Fence>();
    script.tree.fence({"/r/x"}, fence, script.now);
    script.answer(What::sync, "/r", Script::failed(Outcome::refused));
    script.answer(What::data, "/r/x", Script::node(1, 1, "of a server that lags"));
    CHECK(script.taken() == "nothing");
    CHECK(script.tree.has_refused());
}

TEST_CASE("store: that a node is absent is known until a list behind a sync has omitted it") {
    WithA script;
    auto const fence = std::make_shared<WatchedTree::Fence>();
    script.tree.fence({"/r/x"}, fence, script.now);
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/x", Script::failed(Outcome::missing));
    CHECK(script.tree.size() == 3);
    script.answer(What::sync, "/r", {});
    script.list({"a"}, 2);
    CHECK(script.tree.size() == 2);
    CHECK(script.quiet());
}

TEST_CASE("store: an absence takes along only what was seen before it") {
    Script script;
    script.list({"list"}, 2);
    script.answer(What::children, "/r/list", Script::children({"x"}, 3));
    script.answer(What::data, "/r/list/x", Script::node(3, 3, "x"));
    CHECK(script.taken() == "/r= /r/list= /r/list/x=x");
    script.fire(others, "/r/list");
    script.answer(What::children, "/r/list", Script::failed(Outcome::missing));
    script.answer(What::sync, "/r", {});
    auto const absence = script.expect(What::children, "/r/list");
    // Both have been made again; the session of the child knows it first.
    script.fire(leaves, "/r/list/x");
    script.answer(What::data, "/r/list/x", Script::node(9, 9, "again"));
    script.reply(absence, Script::failed(Outcome::missing));
    CHECK(script.taken() == "/r/list- /r/list/x=again");
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/list/x", Script::node(9, 9, "again"));
    CHECK(script.taken() == "nothing");
}

TEST_CASE("store: a refused sync or read is no fence that was reached, and waits for its retry") {
    struct Row {
        Outcome sync, read;
        bool refused;
    };
    for (auto const& row :
         {Row{Outcome::ok, Outcome::ok, false}, Row{Outcome::refused, Outcome::ok, true},
          Row{Outcome::ok, Outcome::refused, true}}) {
        WithA script;
        auto const fence = std::make_shared<WatchedTree::Fence>();
        script.tree.fence({"/r/a"}, fence, script.now);
        script.answer(What::sync, "/r", Script::failed(row.sync));
        auto answer = Script::node(2, 2, "old");
        answer.outcome = row.read;
        script.answer(What::data, "/r/a", answer);
        CHECK(fence->awaited == 0);
        CHECK(fence->refused == row.refused);
        // Nothing is asked again before somebody says so.
        CHECK(script.quiet());
    }
    WithA script;
    script.fire(leaves, "/r/a");
    script.answer(What::data, "/r/a", Script::failed(Outcome::refused));
    CHECK(script.quiet());
    CHECK(script.tree.has_refused());
    script.tree.retry_refused();
    script.answer(What::data, "/r/a", Script::node(2, 3, "new"));
    CHECK(script.taken() == "/r/a=new");
}

TEST_CASE("store: a node that may not be read is flagged, and the others are followed") {
    Script script;
    script.list({"a", "b"}, 3);
    WatchReply forbidden{.outcome = Outcome::unreadable};
    forbidden.error = {StoreErrc::no_auth, "/r/a: not authenticated"};
    script.answer(What::data, "/r/a", forbidden);
    script.answer(What::data, "/r/b", Script::node(3, 3, "b"));
    REQUIRE(script.tree.ready());
    auto const batch = script.tree.take();
    CHECK(Script::text(batch.changes) == "/r= /r/a! /r/b=b");
    CHECK(batch.changes[1].unreadable->code == StoreErrc::no_auth);
    CHECK(batch.changes[1].node.has_value());

    script.tree.retry_unreadable(script.now);
    script.answer(What::data, "/r/a", forbidden);
    CHECK(script.taken() == "nothing");
    script.tree.retry_unreadable(script.now);
    script.answer(What::data, "/r/a", Script::node(2, 2, "a"));
    CHECK(script.taken() == "/r/a=a");
}

TEST_CASE("store: a root that may not be read is an error until it can be") {
    Script script;
    WatchReply forbidden{.outcome = Outcome::unreadable};
    forbidden.error = {StoreErrc::no_auth, "/r: not authenticated"};
    script.answer(What::children, "/r", forbidden);
    CHECK(script.tree.failure()->code == StoreErrc::no_auth);
    CHECK(!script.tree.ready());
    script.tree.retry_unreadable(script.now);
    script.list({}, 1);
    CHECK(!script.tree.failure());
    CHECK(script.taken() == "/r=");
}

TEST_CASE("store: a tree is current when everything has been read, and not before") {
    Script script;
    auto const start = script.now;
    script.now += 1s;
    CHECK(script.tree.stale_since(script.now) == start);
    script.list({"a"}, 2);
    CHECK(script.tree.stale_since(script.now) == start);
    script.answer(What::data, "/r/a", Script::node(2, 2, "a"));
    CHECK(!script.tree.stale_since(script.now));

    auto const lost = script.now += 1s;
    script.tree.session_disconnected(leaves, script.now);
    script.now += 1min;
    CHECK(script.tree.stale_since(script.now) == lost);
    // A reconnect verifies what its watches were set for.
    script.tree.session_connected(leaves, false, script.now);
    CHECK(script.tree.stale_since(script.now) == lost);
    script.answer(What::data, "/r/a", Script::node(2, 2, "a"));
    CHECK(!script.tree.stale_since(script.now));
    CHECK(script.quiet());

    // A read that nobody answers.
    auto const fired = script.now;
    script.fire(leaves, "/r/a");
    auto const read = script.expect(What::data, "/r/a");
    CHECK(!script.tree.stale_since(script.now + 1s));
    CHECK(script.tree.stale_since(script.now + 2s) == fired);
    script.now += 2s;
    script.reply(read, Script::node(2, 3, "b"));
    CHECK(!script.tree.stale_since(script.now));
}

TEST_CASE("store: a session without a connection does not hold up the others") {
    Script script;
    std::vector<std::string> names;
    for (int i = 100; i < 1100; ++i) names.push_back(std::to_string(i));
    script.list(names, 2);
    script.tree.session_disconnected(leaves, script.now);
    for (int i = 0; i < 3000 && !script.quiet(); ++i) {
        auto const id = script.requests.front().id;
        script.requests.pop_front();
        script.reply(id, Script::failed(Outcome::lost));
    }
    CHECK(script.quiet());
    script.fire(lists, "/r");
    script.list({}, 3);
    CHECK(script.taken() == "/r=");
}

} // namespace
} // namespace heliosd::store
