// SPDX-License-Identifier: Apache-2.0
#include "unit/store/watched_tree_script.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

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
