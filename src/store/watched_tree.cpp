// SPDX-License-Identifier: Apache-2.0
#include "store/watched_tree.h"

#include "store/watched_tree_state.h"

#include <algorithm>
#include <limits>
#include <utility>

// What replies mean. What to read next is in watched_tree_requests.cpp.

namespace heliosd::store {
namespace {

bool is_wanted(Interest interest) {
    return interest.data || interest.children;
}

/// The part of `path` below `root`, without a leading slash; empty for the root itself, none for
/// a path elsewhere.
std::optional<std::string_view> relative(std::string_view root, std::string_view path) {
    if (path == root) return std::string_view{};
    auto const size = root == "/" ? 0 : root.size();
    if (path.size() <= size + 1 || !path.starts_with(root) || path[size] != '/')
        return std::nullopt;
    return path.substr(size + 1);
}

/// Takes the first segment off.
std::string_view take_segment(std::string_view& path) {
    auto const slash = std::min(path.find('/'), path.size());
    auto const segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    return segment;
}

} // namespace

WatchedTree::WatchedTree(std::string root, Scope scope, Budget budget)
    : scope_(std::move(scope)), budget_(std::move(budget)) {
    auto const wanted = scope_(root);
    root_ = std::make_unique<WatchedNode>(nullptr, root, wanted);
}

WatchedTree::~WatchedTree() {
    std::vector<WatchedNode*> left{root_.get()};
    while (!left.empty()) {
        auto* node = left.back();
        left.pop_back();
        if (node->has_session) budget_.release(node->session, node->path(), node->watches());
        if (!node->children) continue;
        for (auto const& child : node->children->nodes) left.push_back(child.get());
    }
}

Interest WatchedTree::interest(std::string_view path) const {
    auto rest = relative(root(), path);
    if (!rest) return {};
    auto wanted = root_->interest;
    while (!rest->empty()) {
        if (!wanted.children) return {};
        auto const segment = take_segment(*rest);
        wanted = scope_(path.substr(0, static_cast<std::size_t>(segment.end() - path.begin())));
    }
    return wanted;
}

WatchedNode* WatchedTree::find(std::string_view path) const {
    auto rest = relative(root(), path);
    if (!rest) return nullptr;
    auto* node = root_.get();
    while (node && !rest->empty()) node = node->find(take_segment(*rest));
    return node;
}

/// The record of a path that is in scope. What is missing between it and the root is read as well.
WatchedNode& WatchedTree::ensure(std::string_view path, SteadyTime now) {
    auto rest = *relative(root(), path);
    auto* node = root_.get();
    while (!rest.empty()) {
        auto const segment = take_segment(rest);
        auto* child = node->find(segment);
        if (!child) {
            auto const end = static_cast<std::size_t>(segment.end() - path.begin());
            child = &add(*node, segment, scope_(path.substr(0, end)));
            if (!rest.empty() && budget_.reserve) enqueue(*child, Queue::doubted, now);
        }
        node = child;
    }
    return *node;
}

WatchedNode& WatchedTree::add(WatchedNode& parent, std::string_view name, Interest interest) {
    if (!parent.children) parent.children = std::make_unique<WatchedNode::Children>();
    auto node = std::make_unique<WatchedNode>(&parent, name, interest);
    ++size_;
    auto& made = *node;
    if (pending_.contains(made.path())) made.delivered = true;
    parent.children->nodes.insert(parent.place_of(name), std::move(node));
    return made;
}

bool WatchedTree::is_removable(WatchedNode const& node) const {
    bool const idle = node.reading == 0 && node.queue < Queue::changed;
    if (!node.parent || node.state != State::absent || !idle) return false;
    if (node.has_children() || node.is_listed()) return false;
    if (node.parent->state == State::absent) return true;
    // A list that is older than what was seen of the node may mention it yet: for one that has
    // never been listed that is any list that is not behind a sync.
    auto const& list = *node.parent->children;
    bool const list_is_newer = node.listed != 0 || list.confirmed > node.observed_after;
    return list.serial != 0 && node.czxid <= list.pzxid && list_is_newer;
}

void WatchedTree::forget(WatchedNode& node) {
    pending_.forget(node);
    if (node.has_session) {
        budget_.release(node.session, node.path(), node.watches());
        --sessions_[node.session].nodes;
    }
    --size_;
}

/// Drops the records below `parent` that nothing needs any more.
void WatchedTree::remove_records(WatchedNode& parent) {
    std::erase_if(parent.children->nodes, [this](auto const& node) {
        if (!is_removable(*node)) return false;
        forget(*node);
        return true;
    });
}

/// The same for one record, then for the parent it may have been the last child of.
void WatchedTree::discard(WatchedNode* node) {
    while (is_removable(*node)) {
        auto* parent = node->parent;
        erase(*node);
        node = parent;
    }
}

void WatchedTree::erase(WatchedNode& node) {
    auto& parent = *node.parent;
    forget(node);
    parent.children->nodes.erase(parent.place_of(node.name));
}

void WatchedTree::replied(std::uint64_t id, WatchReply reply, SteadyTime now) {
    auto extracted = sent_.extract(id);
    if (extracted.empty()) return;
    auto sent = std::move(extracted.mapped());
    sent.id = id;
    using Outcome = WatchReply::Outcome;
    auto const outcome = reply.outcome;
    if (sent.node)
        apply(*sent.node, sent, std::move(reply), now);
    else
        sent.sync->done = outcome == Outcome::ok;
    if (sent.fence) {
        auto& fence = *sent.fence;
        bool const unsynced = !sent.node && outcome != Outcome::ok;
        fence.lost = fence.lost || outcome == Outcome::lost;
        fence.refused = fence.refused || outcome == Outcome::refused || unsynced;
        fence.closed = fence.closed || outcome == Outcome::closed;
        --fence.awaited;
    }
    check_current(now);
    check_complete();
}

void WatchedTree::apply(WatchedNode& node, Sent const& sent, WatchReply reply, SteadyTime now) {
    --node.reading;
    if (sent.catching_up) --catching_up_;
    using Outcome = WatchReply::Outcome;
    switch (reply.outcome) {
    case Outcome::ok:
        if (sent.what == What::existence)
            postpone(node, Queue::doubted, now);
        else if (sent.what == What::children)
            apply_children(node, sent, std::move(reply), now);
        else if (goes_back(node, reply.stat) && !sent.is_confirmed())
            doubt(node, sent);
        else
            observe(node, Node{std::move(reply.data), reply.stat});
        break;
    case Outcome::missing: apply_missing(node, sent, now); break;
    case Outcome::unreadable:
        postpone(node, Queue::unreadable, now);
        apply_refusal(node, std::move(reply.error));
        break;
    case Outcome::refused: postpone(node, Queue::refused, sent.since); break;
    case Outcome::lost:
        session_disconnected(node.session, now);
        postpone(node, Queue::changed, sent.since);
        break;
    case Outcome::closed: break;
    }
    finish(node);
}

/// Reads it behind a sync, or once more after a pause when the sync was refused.
void WatchedTree::doubt(WatchedNode& node, Sent const& sent) {
    postpone(node, sent.sync ? Queue::refused : Queue::doubted, sent.since);
}

/// Whether the reply may come from a server that lags behind what was seen of the node before.
bool WatchedTree::goes_back(WatchedNode const& node, Stat const& stat) const {
    bool const unseen = node.state == State::absent || node.state == State::unknown;
    // Nothing vouches for it: a newer state without it may have been seen, and been forgotten.
    if (unseen && node.parent && !node.is_listed()) return true;
    // That it is gone bears no transaction id, and this may be another, older server.
    if (node.state == State::absent && node.handle != sessions_[node.session].handle) return true;
    if (stat.czxid != node.czxid) return stat.czxid < node.czxid;
    return unseen ? node.czxid != 0 : stat.mzxid < node.mzxid;
}

void WatchedTree::apply_missing(WatchedNode& node, Sent const& sent, SteadyTime now) {
    // The watch that this reply leaves behind waits for it to be created.
    if (sent.what == What::existence && node.state == State::absent) return;
    if (!sent.is_confirmed()) return doubt(node, sent);
    if (node.next == Queue::doubted) node.next = Queue::idle;
    gone(node, {.asked = sent.id}, now);
    node.observed_after = last_id_;
    if (node.parent && node.listed == 0 && node.parent->state == State::present)
        enqueue(*node.parent, Queue::doubted, now);
    // The parent's list is newer than the read and mentions it: it may be there again.
    if (node.is_listed() && node.listed != sent.listed) postpone(node, Queue::changed, now);
    if (&node == root_.get()) postpone(node, Queue::changed, now);
}

void WatchedTree::apply_refusal(WatchedNode& node, Error error) {
    if (node.state == State::unreadable) return;
    if (!node.parent && !pending_.snapshot_taken()) failure_ = error;
    node.state = State::unreadable;
    pending_.put(node, Node{}, std::move(error));
}

/// The servers have shown the node.
void WatchedTree::observe(WatchedNode& node, Node content) {
    if (node.next == Queue::doubted) node.next = Queue::idle;
    auto const& stat = content.stat;
    bool const same =
        node.state == State::present && stat.czxid == node.czxid && stat.ctime == node.ctime;
    bool const unchanged = stat.mzxid == node.mzxid && stat.mtime == node.mtime;
    node.observed_after = last_id_;
    if (!node.parent) failure_.reset();
    if (same && (unchanged || !node.interest.data)) return;
    node.state = State::present;
    node.czxid = stat.czxid;
    node.mzxid = stat.mzxid;
    node.ctime = stat.ctime;
    node.mtime = stat.mtime;
    pending_.put(node, std::move(content));
}

void WatchedTree::apply_children(WatchedNode& node, Sent const& sent, WatchReply reply,
                                 SteadyTime now) {
    if (!node.children) node.children = std::make_unique<WatchedNode::Children>();
    auto& children = *node.children;
    auto const& stat = reply.stat;
    bool const older = stat.pzxid < children.pzxid || stat.czxid < node.czxid;
    // Created since the read of its data, which came before: both are read again.
    bool const unseen = node.state == State::absent || node.state == State::unknown;
    if (node.interest.data && unseen) return postpone(node, Queue::changed, sent.since);
    if ((older || goes_back(node, stat)) && !sent.is_confirmed()) return doubt(node, sent);
    if (!node.interest.data) observe(node, Node{{}, stat});
    // What was not in the list before and is now has been created since.
    auto const last = children.serial != 0 ? children.pzxid : 0;
    auto const not_before = older ? 0 : std::max(last, stat.czxid - 1);
    children.pzxid = stat.pzxid;
    children.serial = ++last_list_;
    if (sent.is_confirmed()) children.confirmed = sent.id;
    // In an ensemble that went back, transaction ids from before say nothing.
    auto const evidence = older ? Evidence{.asked = sent.id} : Evidence{.as_of = stat.pzxid};
    merge(node, std::move(reply.names), evidence, not_before, now);
}

/// The complete list of names below `node`. A child that is newer than the list stays.
void WatchedTree::merge(WatchedNode& node, std::vector<std::string> names, Evidence const& evidence,
                        std::int64_t not_before, SteadyTime now) {
    auto& children = *node.children;
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::ranges::sort(sorted);
    std::vector<std::string_view> added;
    std::vector<WatchedNode*> omitted;
    auto child = children.nodes.begin();
    for (auto const name : sorted) {
        for (; child != children.nodes.end() && (*child)->name < name; ++child)
            omitted.push_back(child->get());
        if (child == children.nodes.end() || (*child)->name != name) {
            added.push_back(name);
            continue;
        }
        (*child)->listed = children.serial;
        if ((*child)->state == State::absent) enqueue(**child, Queue::changed, now);
        ++child;
    }
    for (; child != children.nodes.end(); ++child) omitted.push_back(child->get());

    bool removable = false;
    for (auto* one : omitted) {
        // One that was never listed nor seen is being read for a fence.
        bool const unlisted = one->listed == 0 && one->state == State::unknown;
        if (unlisted || !evidence.is_newer_than(*one)) continue;
        gone(*one, evidence, now);
        one->czxid = std::min(one->czxid, children.pzxid);
        bool const confirmed = one->listed != 0 || children.confirmed > one->observed_after;
        if (!confirmed && one->reading == 0) postpone(node, Queue::doubted, now);
        removable = true;
    }
    if (removable) remove_records(node);

    auto const path = node.path();
    for (auto const name : added) {
        auto const wanted = scope_(join(path, name));
        if (!is_wanted(wanted)) continue;
        auto& made = add(node, name, wanted);
        made.listed = children.serial;
        made.czxid = not_before;
        enqueue(made, Queue::changed, now);
    }
}

/// Marks it absent, and with it all below that the evidence covers; the others are read again. The
/// records go unless something still needs them.
void WatchedTree::gone(WatchedNode& node, Evidence const& evidence, SteadyTime now) {
    if (node.state != State::absent) pending_.put_gone(node);
    node.state = State::absent;
    node.czxid = std::max(node.czxid, evidence.as_of);
    node.mzxid = node.ctime = node.mtime = 0;
    if (!node.parent) failure_.reset();
    if (node.has_session) node.handle = sessions_[node.session].handle;
    // A list that omits it answers what it was to be read for.
    if (evidence.as_of > 0 && node.reading == 0 && node.is_linked()) push(node, Queue::idle);
    if (!node.children) return;
    node.children->serial = 0;
    for (auto const& child : node.children->nodes) {
        if (evidence.is_newer_than(*child))
            gone(*child, evidence, now);
        else
            enqueue(*child, Queue::doubted, now);
    }
    remove_records(node);
}

void WatchedTree::observe(std::string const& path, std::optional<Node> content) {
    auto const wanted = interest(path);
    if (!is_wanted(wanted)) return;
    if (content) return observe(ensure(path, {}), std::move(*content));
    auto* node = find(path);
    if (!node) return;
    gone(*node, {.as_of = std::numeric_limits<std::int64_t>::max()}, {});
    node->czxid = 0;
    if (node->parent) erase(*node);
}

bool WatchedTree::ready() const {
    if (!complete_ || failure_) return false;
    return !pending_.snapshot_taken() || !pending_.empty();
}

std::vector<Change> WatchedTree::take(std::vector<std::string> paths) {
    return pending_.take(std::move(paths));
}

} // namespace heliosd::store
