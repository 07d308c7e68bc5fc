// SPDX-License-Identifier: Apache-2.0
#include "store/watched_tree.h"

#include "support/catch.h"

namespace heliosd::store {
namespace {

/// `/r` lists hosts, hosts list jobs, `secret` is not wanted, `names` is known by name only.
Interest scope(std::string_view path) {
    if (basename(path) == "secret") return {};
    if (basename(path) == "names") return {.data = false, .children = true};
    return {.data = true, .children = basename(path) != "leaf"};
}

Node node(std::int64_t czxid, std::int64_t mzxid, std::string data = "") {
    Node made;
    made.data = std::move(data);
    made.stat.czxid = czxid;
    made.stat.mzxid = mzxid;
    return made;
}

std::string text(std::vector<Change> const& changes) {
    std::string all;
    for (auto const& change : changes) {
        if (!all.empty()) all += ' ';
        all += change.path;
        all += change.node ? "=" + change.node->data : "-";
    }
    return all;
}

/// Complete and delivered, with a root.
struct Following : WatchedTree {
    Following() : WatchedTree("/r", scope) {
        observe("/r", node(1, 1, "root"));
        complete();
        CHECK(text(take().changes) == "/r=root");
    }
};

TEST_CASE("store: interest ends where somebody above has none in children") {
    WatchedTree const state("/r", scope);
    struct Row {
        std::string_view path;
        bool data, children;
    };
    for (auto const& row : {
             Row{"/r", true, true},
             Row{"/r/a", true, true},
             Row{"/r/a/b", true, true},
             Row{"/r/leaf", true, false},
             Row{"/r/leaf/x", false, false},
             Row{"/r/secret", false, false},
             Row{"/r/secret/x", false, false},
             Row{"/r/names", false, true},
             Row{"/", false, false},
             Row{"/rr", false, false},
             Row{"/other", false, false},
         }) {
        CAPTURE(row.path);
        CHECK(state.interest(row.path).data == row.data);
        CHECK(state.interest(row.path).children == row.children);
    }
    WatchedTree const all("/", scope);
    CHECK(all.interest("/").children);
    CHECK(all.interest("/a/b").data);
}

TEST_CASE("store: a snapshot is not delivered before it is complete") {
    WatchedTree state("/r", scope);
    state.observe("/r", node(1, 1, "root"));
    CHECK(!state.ready());
    state.complete();
    REQUIRE(state.ready());
    auto const batch = state.take();
    CHECK(batch.snapshot);
    CHECK(text(batch.changes) == "/r=root");
    CHECK(!state.ready());
}

TEST_CASE("store: a root that does not exist is delivered as such, once") {
    WatchedTree state("/r", scope);
    state.complete();
    CHECK(text(state.take().changes) == "/r-");
    CHECK(!state.ready());
    state.observe("/r", std::nullopt);
    CHECK(!state.ready());
    state.observe("/r", node(1, 1, "root"));
    auto const batch = state.take();
    CHECK(!batch.snapshot);
    CHECK(text(batch.changes) == "/r=root");
}

TEST_CASE("store: what is not new is not delivered") {
    Following state;
    state.observe("/r", node(1, 1, "root"));
    CHECK(!state.ready());
    state.observe("/r/secret", node(2, 2));
    CHECK(!state.ready());
    // Known by name only: its data may change unseen.
    state.observe("/r/names", node(6, 6));
    CHECK(text(state.take().changes) == "/r/names=");
    state.observe("/r/names", node(6, 7));
    CHECK(!state.ready());
}

TEST_CASE("store: changes of one path collapse into the newest") {
    Following state;
    state.observe("/r/a", node(2, 2, "new"));
    state.observe("/r/a", node(2, 3, "newer"));
    CHECK(text(state.take().changes) == "/r/a=newer");

    // Came and went unseen.
    state.observe("/r/b", node(4, 4));
    state.observe("/r/b", std::nullopt);
    CHECK(!state.ready());
    // Went and came again: one change, to the new node.
    state.observe("/r/a", std::nullopt);
    state.observe("/r/a", node(6, 6, "reborn"));
    CHECK(text(state.take().changes) == "/r/a=reborn");
    // Went, came and went: gone.
    state.observe("/r/a", std::nullopt);
    state.observe("/r/a", node(8, 8, "shadow"));
    state.observe("/r/a", std::nullopt);
    CHECK(text(state.take().changes) == "/r/a-");
    CHECK(!state.ready());
}

TEST_CASE("store: what a restored ensemble shows replaces what was newer") {
    Following state;
    state.observe("/r/a", node(5, 9, "nine"));
    state.take();
    state.observe("/r/a", node(5, 7, "seven"));
    CHECK(text(state.take().changes) == "/r/a=seven");
    state.observe("/r/a", node(3, 3, "a former one"));
    CHECK(text(state.take().changes) == "/r/a=a former one");

    // A transaction id that was used twice.
    auto again = node(3, 3, "another");
    again.stat.mtime = 1;
    state.observe("/r/a", again);
    CHECK(text(state.take().changes) == "/r/a=another");
}

TEST_CASE("store: with a node all below it is gone") {
    Following state;
    for (auto const* path : {"/r/a", "/r/a-b", "/r/a/x", "/r/a/x/y", "/r/ab"})
        state.observe(path, node(2, 2));
    CHECK(text(state.take().changes) == "/r/a= /r/a-b= /r/a/x= /r/a/x/y= /r/ab=");
    state.observe("/r/a", std::nullopt);
    CHECK(text(state.take().changes) == "/r/a- /r/a/x- /r/a/x/y-");
    CHECK(state.size() == 3);
}

TEST_CASE("store: what a refresh has delivered does not come again") {
    Following state;
    state.observe("/r/a", node(2, 2, "a"));
    state.observe("/r/b", node(2, 2, "b"));
    CHECK(text(state.take({"/r/b", "/r/none", "/r/b"})) == "/r/b=b");
    CHECK(text(state.take().changes) == "/r/a=a");
    state.observe("/r/b", std::nullopt);
    CHECK(text(state.take({"/r/b"})) == "/r/b-");
    CHECK(!state.ready());
}

TEST_CASE("store: a refresh before the snapshot leaves the snapshot whole") {
    WatchedTree state("/r", scope);
    state.observe("/r", node(1, 1, "root"));
    state.observe("/r/a", node(2, 2, "a"));
    state.complete();
    CHECK(text(state.take({"/r/a"})) == "/r/a=a");
    CHECK(text(state.take().changes) == "/r=root /r/a=a");
}

} // namespace
} // namespace heliosd::store
