// SPDX-License-Identifier: Apache-2.0
#include "store/embedded/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

Error error(StoreErrc code, std::string_view path, std::string_view what) {
    return {code, fmt::format("{}: {}", path, what)};
}

std::optional<Error> check_version(std::string_view path, Stat const& stat, std::int32_t wanted) {
    if (wanted == any_version || wanted == stat.version) return std::nullopt;
    return error(StoreErrc::version_conflict, path,
                 fmt::format("expected version {}, it is {}", wanted, stat.version));
}

} // namespace

/// One transaction on its way: what it did, and how to take it back. A node with 10,000 children
/// gets one more every time a host registers, so nothing here copies a list of children.
struct EmbeddedTree::Step {
    struct Undo {
        Effect effect;
        std::string path;
        std::string data; ///< of the node before
        Stat stat;        ///< of the node before
        Stat parent_stat; ///< of its parent before, where the list of children changed
    };

    std::int64_t zxid;
    std::int64_t session;
    std::int64_t now;
    std::vector<Undo> undo;
    std::vector<Touch> touches;
};

EmbeddedTree::EmbeddedTree() {
    entries_.emplace("/", Entry{});
}

Result<> EmbeddedTree::restore(Entries entries, std::int64_t last_zxid) {
    entries.try_emplace("/");
    for (auto& [path, entry] : entries) {
        entry.stat.data_length = static_cast<std::int32_t>(entry.data.size());
        entry.stat.num_children = 0;
        entry.stat.ephemeral_owner = 0;
        entry.children.clear();
        last_zxid = std::max({last_zxid, entry.stat.mzxid, entry.stat.pzxid});
        if (path == "/") continue;
        // Parents sort before their children, so the parent's own turn is over already.
        auto const above = entries.find(parent(path));
        if (above == entries.end())
            return fail(Errc::invalid, fmt::format("the node {} has no parent", path));
        above->second.children.emplace(basename(path));
        ++above->second.stat.num_children;
    }
    entries_ = std::move(entries);
    ephemerals_.clear();
    last_zxid_ = last_zxid;
    return {};
}

EmbeddedTree::Entry const* EmbeddedTree::find(std::string_view path) const {
    auto const it = entries_.find(path);
    return it == entries_.end() ? nullptr : &it->second;
}

std::expected<EmbeddedTree::Transaction, MultiError>
EmbeddedTree::apply(std::span<Op const> ops, std::int64_t session, WallTime now) {
    Step step{last_zxid_ + 1, session, now.time_since_epoch().count(), {}, {}};
    for (std::size_t i = 0; i < ops.size(); ++i) {
        if (auto failed = run(ops[i], step)) {
            revert(step);
            return std::unexpected(MultiError{std::move(*failed), i});
        }
    }
    last_zxid_ = step.zxid;
    return Transaction{step.zxid, std::move(step.touches)};
}

EmbeddedTree::Transaction EmbeddedTree::end_session(std::int64_t session, WallTime now) {
    auto const owned = ephemerals_.find(session);
    if (owned == ephemerals_.end()) return {last_zxid_, {}};
    std::vector<Op> ops;
    for (auto const& path : owned->second) ops.emplace_back(Remove{path, any_version});
    // Ephemerals have no children, so nothing can be in the way of removing them.
    return apply(ops, session, now).value();
}

std::optional<Error> EmbeddedTree::run(Op const& op, Step& step) {
    if (auto const* one = std::get_if<Create>(&op)) return create(*one, step);
    if (auto const* one = std::get_if<Set>(&op)) return set(*one, step);
    if (auto const* one = std::get_if<Remove>(&op)) return remove(*one, step);
    return check(std::get<Check>(op));
}

std::optional<Error> EmbeddedTree::create(Create const& op, Step& step) {
    if (op.path == "/") return error(StoreErrc::exists, op.path, "the node exists");
    std::string const above(parent(op.path));
    auto const it = entries_.find(above);
    if (it == entries_.end())
        return error(StoreErrc::not_found, op.path, "its parent does not exist");
    if (entries_.contains(op.path)) return error(StoreErrc::exists, op.path, "the node exists");
    if (it->second.stat.ephemeral_owner != 0)
        return error(StoreErrc::bad_path, op.path, "an ephemeral node cannot have children");

    Stat& parent_stat = it->second.stat;
    step.undo.push_back({Effect::created, op.path, {}, {}, parent_stat});
    it->second.children.emplace(basename(op.path));
    parent_stat.cversion += 1;
    parent_stat.num_children += 1;
    parent_stat.pzxid = step.zxid;

    Entry made;
    made.data = op.data;
    made.stat.czxid = made.stat.mzxid = made.stat.pzxid = step.zxid;
    made.stat.ctime = made.stat.mtime = step.now;
    made.stat.data_length = static_cast<std::int32_t>(op.data.size());
    if (op.mode == CreateMode::ephemeral) {
        made.stat.ephemeral_owner = step.session;
        own(op.path, step.session);
    }
    entries_.emplace(op.path, std::move(made));
    step.touches.push_back({above, Effect::touched_parent});
    step.touches.push_back({op.path, Effect::created});
    return std::nullopt;
}

std::optional<Error> EmbeddedTree::set(Set const& op, Step& step) {
    auto const it = entries_.find(op.path);
    if (it == entries_.end()) return error(StoreErrc::not_found, op.path, "no such node");
    if (auto conflict = check_version(op.path, it->second.stat, op.version)) return conflict;

    Stat& stat = it->second.stat;
    step.undo.push_back({Effect::changed, op.path, std::move(it->second.data), stat, {}});
    it->second.data = op.data;
    stat.version += 1;
    stat.mzxid = step.zxid;
    stat.mtime = step.now;
    stat.data_length = static_cast<std::int32_t>(op.data.size());
    step.touches.push_back({op.path, Effect::changed});
    return std::nullopt;
}

std::optional<Error> EmbeddedTree::remove(Remove const& op, Step& step) {
    if (op.path == "/") return error(StoreErrc::bad_path, op.path, "the root cannot be removed");
    auto const it = entries_.find(op.path);
    if (it == entries_.end()) return error(StoreErrc::not_found, op.path, "no such node");
    if (auto conflict = check_version(op.path, it->second.stat, op.version)) return conflict;
    if (!it->second.children.empty())
        return error(StoreErrc::not_empty, op.path, "the node has children");

    std::string const above(parent(op.path));
    Entry& parent_entry = entries_.find(above)->second;
    disown(op.path, it->second.stat.ephemeral_owner);
    step.undo.push_back(
        {Effect::removed, op.path, std::move(it->second.data), it->second.stat, parent_entry.stat});
    entries_.erase(it);
    parent_entry.children.erase(parent_entry.children.find(basename(op.path)));
    parent_entry.stat.cversion += 1;
    parent_entry.stat.num_children -= 1;
    parent_entry.stat.pzxid = step.zxid;
    step.touches.push_back({above, Effect::touched_parent});
    step.touches.push_back({op.path, Effect::removed});
    return std::nullopt;
}

std::optional<Error> EmbeddedTree::check(Check const& op) const {
    auto const* entry = find(op.path);
    if (!entry) return error(StoreErrc::not_found, op.path, "no such node");
    return check_version(op.path, entry->stat, op.version);
}

void EmbeddedTree::revert(Step& step) {
    for (; !step.undo.empty(); step.undo.pop_back()) {
        auto& undo = step.undo.back();
        auto const it = entries_.find(undo.path);
        if (undo.effect == Effect::changed) {
            it->second.data = std::move(undo.data);
            it->second.stat = undo.stat;
            continue;
        }
        Entry& parent_entry = entries_.find(parent(undo.path))->second;
        parent_entry.stat = undo.parent_stat;
        if (undo.effect == Effect::created) {
            disown(undo.path, it->second.stat.ephemeral_owner);
            entries_.erase(it);
            parent_entry.children.erase(parent_entry.children.find(basename(undo.path)));
        } else {
            own(undo.path, undo.stat.ephemeral_owner);
            parent_entry.children.emplace(basename(undo.path));
            entries_.emplace(undo.path, Entry{std::move(undo.data), undo.stat, {}});
        }
    }
}

void EmbeddedTree::own(std::string const& path, std::int64_t session) {
    if (session != 0) ephemerals_[session].insert(path);
}

void EmbeddedTree::disown(std::string const& path, std::int64_t session) {
    auto const owned = ephemerals_.find(session);
    if (owned == ephemerals_.end()) return;
    owned->second.erase(path);
    if (owned->second.empty()) ephemerals_.erase(owned);
}

} // namespace heliosd::store
