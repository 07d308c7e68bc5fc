// SPDX-License-Identifier: Apache-2.0
#include "support/store_contract.h"

#include "support/catch.h"
#include "support/store_picture.h"

#include "base/async/within.h"
#include "store/store.h"

#include <array>

namespace heliosd::test {

std::span<ContractCase const> follow_contract();

namespace {

using namespace store;
using namespace std::chrono_literals;
using Env = StoreEnvironment;

/// The code an outcome failed with; the empty code when it did not.
template <class T, class E> std::error_code code_of(std::expected<T, E> const& outcome) {
    if constexpr (std::is_same_v<E, MultiError>)
        return outcome ? std::error_code{} : outcome.error().error.code;
    else
        return outcome ? std::error_code{} : outcome.error().code;
}

std::error_code code(StoreErrc e) {
    return make_error_code(e);
}

Async<void> versions(Env& env) {
    Store& store = env.connect();
    auto const path = join(env.base(), "node");

    CHECK(code_of(co_await store.create(path, "one")) == std::error_code{});
    CHECK(code_of(co_await store.create(path, "two")) == code(StoreErrc::exists));
    auto const first = (co_await store.get(path)).value();
    CHECK(first.data == "one");
    CHECK(first.stat.version == 0);
    CHECK(first.stat.data_length == 3);
    CHECK(first.stat.czxid == first.stat.mzxid);
    CHECK(first.stat.ephemeral_owner == 0);

    auto const second = (co_await store.set(path, "two", 0)).value();
    CHECK(second.version == 1);
    CHECK(second.mzxid > second.czxid);
    CHECK(code_of(co_await store.set(path, "three", 0)) == code(StoreErrc::version_conflict));
    CHECK((co_await store.set(path, "three")).value().version == 2);
    CHECK((co_await store.exists(path)).value().value().version == 2);

    CHECK(code_of(co_await store.remove(path, 1)) == code(StoreErrc::version_conflict));
    CHECK(code_of(co_await store.remove(path, 2)) == std::error_code{});
    CHECK(code_of(co_await store.remove(path)) == code(StoreErrc::not_found));
    CHECK(code_of(co_await store.get(path)) == code(StoreErrc::not_found));
    CHECK(code_of(co_await store.set(path, "x")) == code(StoreErrc::not_found));
    CHECK(!(co_await store.exists(path)).value());
}

Async<void> binary_data(Env& env) {
    Store& store = env.connect();
    auto const path = join(env.base(), "node");
    std::string const bytes("\0a\xff\n\0", 5);
    CHECK(code_of(co_await store.create(path, bytes)) == std::error_code{});
    CHECK((co_await store.get(path)).value().data == bytes);
    CHECK(code_of(co_await store.set(path, "")) == std::error_code{});
    CHECK((co_await store.get(path)).value().data.empty());
}

Async<void> hierarchy(Env& env) {
    Store& store = env.connect();
    auto const top = join(env.base(), "top");
    CHECK(code_of(co_await store.create(join(top, "x"), "")) == code(StoreErrc::not_found));
    CHECK(code_of(co_await store.children(top)) == code(StoreErrc::not_found));
    CHECK(code_of(co_await store.create(top, "")) == std::error_code{});
    for (auto const* name : {"b", "a:1", "a", "c"})
        CHECK(code_of(co_await store.create(join(top, name), "")) == std::error_code{});
    CHECK((co_await store.children(top)).value() == std::vector<std::string>{"a", "a:1", "b", "c"});
    CHECK((co_await store.children(join(top, "a"))).value().empty());
    CHECK(code_of(co_await store.remove(top)) == code(StoreErrc::not_empty));
    CHECK(code_of(co_await store.remove(join(top, "b"))) == std::error_code{});

    auto const stat = (co_await store.exists(top)).value().value();
    CHECK(stat.num_children == 3);
    CHECK(stat.cversion == 5); // four came, one went
    CHECK(stat.version == 0);
    CHECK(stat.pzxid > stat.czxid);

    auto const tree = (co_await list_tree(store, top)).value();
    CHECK(tree == std::vector{top, join(top, "a"), join(top, "a:1"), join(top, "c")});
    CHECK((co_await list_tree(store, join(env.base(), "nothing"))).value().empty());
}

Async<void> ensured_paths(Env& env) {
    Store& store = env.connect();
    auto const deep = env.base() + "/a/b/c/d";
    CHECK(code_of(co_await ensure_path(store, deep)) == std::error_code{});
    CHECK((co_await store.exists(deep)).value());
    CHECK(code_of(co_await store.set(env.base() + "/a/b", "kept")) == std::error_code{});
    CHECK(code_of(co_await ensure_path(store, deep + "/e")) == std::error_code{});
    CHECK((co_await store.get(env.base() + "/a/b")).value().data == "kept");
    CHECK(code_of(co_await ensure_path(store, "/a//b")) == code(StoreErrc::bad_path));
}

Async<void> multi_is_atomic(Env& env) {
    Store& store = env.connect();
    auto const a = join(env.base(), "a"), b = join(env.base(), "b"), c = join(env.base(), "c");
    CHECK(code_of(co_await store.create(a, "a0")) == std::error_code{});

    std::vector<Op> good{Check{a, 0},          Create{b, "b0"},
                         Set{b, "b1", 0},      Create{join(b, "x"), ""},
                         Remove{join(b, "x")}, Set{a, "a1"}};
    CHECK(code_of(co_await store.multi(good)) == std::error_code{});
    auto const made = (co_await store.get(b)).value();
    CHECK(made.data == "b1");
    CHECK(made.stat.version == 1);
    // Everything in one transaction has one number.
    CHECK(made.stat.mzxid == (co_await store.get(a)).value().stat.mzxid);

    std::vector<Op> bad{Set{a, "never"}, Create{c, ""}, Remove{b, 7}, Create{c, ""}};
    auto const failed = co_await store.multi(bad);
    CHECK(code_of(failed) == code(StoreErrc::version_conflict));
    CHECK(failed.error().failed == 2u);
    CHECK((co_await store.get(a)).value().data == "a1");
    CHECK(!(co_await store.exists(c)).value());
    CHECK((co_await store.get(b)).value().stat == made.stat);

    std::vector<Op> missing{Check{a}, Check{c}};
    auto const absent = co_await store.multi(missing);
    CHECK(code_of(absent) == code(StoreErrc::not_found));
    CHECK(absent.error().failed == 1u);

    // Created and removed again: the way to say "this does not exist".
    std::vector<Op> assertion{Create{b, ""}, Remove{b}, Set{a, "never"}};
    auto const there = co_await store.multi(assertion);
    CHECK(code_of(there) == code(StoreErrc::exists));
    CHECK(there.error().failed == 0u);
    std::vector<Op> free{Create{c, ""}, Remove{c}, Set{a, "a2"}};
    CHECK(code_of(co_await store.multi(free)) == std::error_code{});
    CHECK((co_await store.get(a)).value().data == "a2");

    std::vector<Op> invalid{Set{a, "never"}, Create{a + "/", ""}};
    auto const refused = co_await store.multi(invalid);
    CHECK(code_of(refused) == code(StoreErrc::bad_path));
    CHECK(refused.error().failed == 1u);
}

Async<Result<Stat>> set_after(Store& store, std::string path, std::string data,
                              std::int32_t version) {
    return store.set(std::move(path), std::move(data), version);
}

Async<void> only_one_wins(Env& env) {
    Store& one = env.connect();
    Store& two = env.connect();
    auto const path = join(env.base(), "contested");
    CHECK(code_of(co_await one.create(path, "")) == std::error_code{});
    auto const first = co_await set_after(one, path, "one", 0);
    auto const second = co_await set_after(two, path, "two", 0);
    CHECK(first.has_value());
    CHECK(code_of(second) == code(StoreErrc::version_conflict));
}

Async<void> ephemerals(Env& env) {
    Store& owner = env.connect();
    Store& witness = env.connect();
    auto const up = join(env.base(), "up"), kept = join(env.base(), "kept");
    CHECK(code_of(co_await owner.create(up, "", CreateMode::ephemeral)) == std::error_code{});
    std::vector<Op> more{Create{kept, ""}, Create{join(kept, "up"), "", CreateMode::ephemeral}};
    CHECK(code_of(co_await owner.multi(more)) == std::error_code{});
    CHECK(code_of(co_await owner.create(join(up, "x"), "")) == code(StoreErrc::bad_path));

    CHECK(code_of(co_await witness.sync(up)) == std::error_code{});
    auto const seen = (co_await witness.exists(up)).value().value();
    CHECK(seen.ephemeral_owner == owner.session().id);
    CHECK(owner.session().id != witness.session().id);

    co_await env.close(owner);
    CHECK(owner.session().state == SessionState::closed);
    CHECK(code_of(co_await owner.get(up)) == code(StoreErrc::closed));
    CHECK(code_of(co_await witness.sync(up)) == std::error_code{});
    CHECK(!(co_await witness.exists(up)).value());
    CHECK((co_await witness.children(kept)).value().empty());
}

Async<void> expiry(Env& env) {
    Store& store = env.connect();
    auto const up = join(env.base(), "up");
    CHECK(code_of(co_await store.create(up, "", CreateMode::ephemeral)) == std::error_code{});
    auto const before = store.session();
    CHECK(before.state == SessionState::connected);

    co_await env.expire(store);
    auto now = store.session();
    while (now.state != SessionState::connected || now.id == before.id)
        now = co_await store.session_changed(now);
    CHECK(now.epoch > before.epoch);
    CHECK(code_of(co_await store.sync(up)) == std::error_code{});
    CHECK(!(co_await store.exists(up)).value());
    CHECK(code_of(co_await store.create(up, "", CreateMode::ephemeral)) == std::error_code{});
    CHECK((co_await store.exists(up)).value().value().ephemeral_owner == now.id);
}

Async<void> sync_shows_other_writes(Env& env) {
    Store& writer = env.connect();
    Store& reader = env.connect();
    auto const path = join(env.base(), "counter");
    CHECK(code_of(co_await writer.create(path, "")) == std::error_code{});
    for (int i = 0; i < 20; ++i) {
        CHECK(code_of(co_await writer.set(path, std::to_string(i))) == std::error_code{});
        CHECK(code_of(co_await reader.sync(path)) == std::error_code{});
        CHECK((co_await reader.get(path)).value().data == std::to_string(i));
    }
}

Async<void> size_limits(Env& env) {
    Store& store = env.connect();
    auto const path = join(env.base(), "big");
    CHECK((co_await store.exists(env.base())).value());
    auto const session = store.session();
    std::string const largest(0xfffff - 200, 'x'), too_much(0xfffff, 'x');
    CHECK(code_of(co_await store.create(path, too_much)) == code(StoreErrc::too_large));
    CHECK(code_of(co_await store.create(path, largest)) == std::error_code{});
    CHECK((co_await store.get(path)).value().data == largest);
    CHECK(code_of(co_await store.set(path, too_much)) == code(StoreErrc::too_large));
    std::vector<Op> both{Set{path, largest}, Set{path, std::string(300, 'x')}};
    CHECK(code_of(co_await store.multi(both)) == code(StoreErrc::too_large));
    // The others of this session have not noticed.
    CHECK(store.session() == session);
    CHECK((co_await store.exists(path)).value().value().version == 0);
}

Async<void> bad_paths(Env& env) {
    Store& store = env.connect();
    for (auto const* path : {"", "a", "/a/", "//", "/a//b", "/a/./b", "/a/..", "/a\nb", "/\x01"}) {
        CAPTURE(path);
        CHECK(code_of(co_await store.get(path)) == code(StoreErrc::bad_path));
        CHECK(code_of(co_await store.exists(path)) == code(StoreErrc::bad_path));
        CHECK(code_of(co_await store.children(path)) == code(StoreErrc::bad_path));
        CHECK(code_of(co_await store.create(path, "")) == code(StoreErrc::bad_path));
        CHECK(code_of(co_await store.set(path, "")) == code(StoreErrc::bad_path));
        CHECK(code_of(co_await store.remove(path)) == code(StoreErrc::bad_path));
    }
    CHECK((co_await store.exists("/")).value());
    CHECK(code_of(co_await store.create("/", "")) == code(StoreErrc::exists));
    CHECK(code_of(co_await store.remove("/")) == code(StoreErrc::bad_path));
}

Async<void> no_connection(Env& env) {
    Store& store = env.connect();
    auto const path = join(env.base(), "node");
    CHECK(code_of(co_await store.create(path, "before")) == std::error_code{});
    auto const before = store.session();
    co_await env.cut();
    auto const write = co_await store.set(path, "during");
    bool const honest = code_of(write) == code(StoreErrc::unavailable) ||
                        code_of(write) == code(StoreErrc::outcome_unknown);
    CHECK(honest);
    CHECK(code_of(co_await store.get(path)) == code(StoreErrc::unavailable));
    CHECK(store.session().state == SessionState::connecting);
    co_await env.restore();
    auto now = store.session();
    while (now.state != SessionState::connected) now = co_await store.session_changed(now);
    CHECK(now.epoch > before.epoch);
    auto const after = (co_await store.get(path)).value();
    if (code_of(write) == code(StoreErrc::unavailable)) CHECK(after.data == "before");
    CHECK(code_of(co_await store.set(path, "after")) == std::error_code{});
}

} // namespace

std::span<ContractCase const> store_contract() {
    static auto const cases = [] {
        std::vector<ContractCase> all{
            {"versions count, and guard set and remove", versions},
            {"data is bytes", binary_data},
            {"a node needs its parent, and goes only without children", hierarchy},
            {"ensure_path makes what is missing and leaves what is there", ensured_paths},
            {"a multi happens whole or not at all and names what failed", multi_is_atomic},
            {"of two writers with one version one wins", only_one_wins},
            {"ephemeral nodes go with their session", ephemerals},
            {"an expired session is replaced, its ephemerals are gone", expiry},
            {"after sync a reader sees what others wrote", sync_shows_other_writes},
            {"requests over the limit are refused before they do harm", size_limits},
            {"bad paths are refused", bad_paths},
            {"without a connection calls give up after the limit", no_connection},
        };
        for (auto const& one : follow_contract()) all.push_back(one);
        return all;
    }();
    return cases;
}

} // namespace heliosd::test
