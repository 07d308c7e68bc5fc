// SPDX-License-Identifier: Apache-2.0
#include "unit/store/watched_tree_script.h"

namespace heliosd::store {
namespace {

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

TEST_CASE("store: a node that may not be read is retried also while a fence reads it") {
    Script script;
    script.list({"a"}, 2);
    WatchReply forbidden{.outcome = Outcome::unreadable};
    forbidden.error = {StoreErrc::no_auth, "/r/a: not authenticated"};
    script.answer(What::data, "/r/a", forbidden);
    CHECK(script.taken() == "/r= /r/a!");
    auto const fence = std::make_shared<WatchedTree::Fence>();
    script.tree.fence({"/r/a"}, fence, script.now);
    script.tree.retry_unreadable(script.now);
    script.answer(What::sync, "/r", {});
    script.answer(What::data, "/r/a", forbidden);
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

} // namespace
} // namespace heliosd::store
