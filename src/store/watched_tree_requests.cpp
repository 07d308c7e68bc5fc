// SPDX-License-Identifier: Apache-2.0
#include "store/watched_tree.h"

#include "store/watched_tree_state.h"

#include <algorithm>
#include <utility>

// What to read next, and whether the tree is current. What replies mean is in watched_tree.cpp.

namespace heliosd::store {
namespace {

/// Reads under way at once: enough to keep the servers busy, few enough that other requests of the
/// session do not queue behind thousands.
constexpr std::size_t most_reads = 500;
/// Reads that only make sure leave room for others.
constexpr std::size_t most_verifying = 200;
/// A read that has been due for longer means that the tree is not current.
constexpr Duration pending_limit = std::chrono::seconds{1};

/// Before the other records of the same queue.
void push_front(WatchedNode::List& list, WatchedNode::List& others) {
    list.splice(list.begin(), others);
}

} // namespace

void WatchedTree::start(SteadyTime now) {
    started_ = now;
    enqueue(*root_, Queue::changed, now);
}

std::uint32_t WatchedTree::stamp(SteadyTime now) const {
    auto const age = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
    return static_cast<std::uint32_t>(age);
}

SteadyTime WatchedTree::due_since(WatchedNode const& node, SteadyTime now) const {
    // The stamps wrap around after 49 days; no read is due for that long.
    return now - std::chrono::milliseconds{stamp(now) - node.due_since};
}

WatchedTree::Session& WatchedTree::session_of(WatchedNode& node) {
    if (!node.has_session) {
        node.session = budget_.reserve(node.path(), node.watches());
        node.has_session = true;
        while (sessions_.size() <= node.session) {
            auto const number = static_cast<SessionNumber>(sessions_.size());
            sessions_.emplace_back();
            if (budget_.is_connected) sessions_.back().connected = budget_.is_connected(number);
        }
        ++sessions_[node.session].nodes;
    }
    return sessions_[node.session];
}

/// The node is to be read: now, or after the reads that are on their way, which may not show what
/// made it due.
void WatchedTree::enqueue(WatchedNode& node, Queue queue, SteadyTime now) {
    if (node.reading > 0) return postpone(node, queue, now);
    if (node.queue >= queue) return;
    if (node.queue < Queue::changed) node.due_since = stamp(now);
    push(node, queue);
}

/// Where to go when the reads that are on their way have been answered.
void WatchedTree::postpone(WatchedNode& node, Queue queue, SteadyTime due_since) {
    if (node.next < Queue::changed) node.due_since = stamp(due_since);
    node.next = std::max(node.next, queue);
}

void WatchedTree::push(WatchedNode& node, Queue queue) {
    if (node.is_linked()) node.unlink();
    node.queue = queue;
    switch (queue) {
    case Queue::idle:
        if (node.has_session) sessions_[node.session].idle.push_back(node);
        return;
    case Queue::unreadable: unreadable_.push_back(node); return;
    case Queue::changed: changed_.push_back(node); return;
    case Queue::doubted: doubted_.push_back(node); return;
    case Queue::refused: refused_.push_back(node); return;
    }
}

void WatchedTree::finish(WatchedNode& node) {
    if (node.reading > 0) return;
    auto const queue = std::exchange(node.next, Queue::idle);
    node.queue = Queue::idle;
    if (queue == Queue::idle && is_removable(node))
        discard(&node);
    else
        push(node, queue);
}

void WatchedTree::retry_refused() {
    for (auto& node : refused_) node.queue = Queue::changed;
    push_front(changed_, refused_);
}

void WatchedTree::retry_unreadable(SteadyTime now) {
    // One that a fence is reading stays on the list only until it is due again.
    WatchedNode::List due;
    push_front(due, unreadable_);
    while (!due.empty()) {
        auto& node = due.front();
        node.unlink();
        node.queue = Queue::idle;
        enqueue(node, Queue::changed, now);
    }
}

std::vector<WatchedTree::Request> WatchedTree::take_requests(SteadyTime now) {
    auto out = std::exchange(fence_requests_, {});
    send_doubted(now, out);
    while (sent_.size() < most_reads && !changed_.empty()) send(changed_.front(), now, out, false);
    while (sent_.size() < most_reads && !unarmed_.empty()) {
        unarmed_.front().due_since = stamp(now);
        send(unarmed_.front(), now, out, true);
    }
    while (sent_.size() < most_verifying && !unverified_.empty()) {
        unverified_.front().due_since = stamp(now);
        send(unverified_.front(), now, out, true);
    }
    check_complete();
    return out;
}

void WatchedTree::send(WatchedNode& node, SteadyTime now, std::vector<Request>& out,
                       bool catching_up) {
    auto& session = session_of(node);
    node.unlink();
    node.queue = Queue::changed;
    if (!session.connected) return session.waiting.push_back(node);
    Sent sent{.node = &node, .since = due_since(node, now), .catching_up = catching_up};
    round(node, sent, out);
}

/// One sync for all nodes of a session.
void WatchedTree::send_doubted(SteadyTime now, std::vector<Request>& out) {
    std::map<SessionNumber, std::shared_ptr<Sync>> syncs;
    while (sent_.size() < most_reads && !doubted_.empty()) {
        auto& node = doubted_.front();
        auto& session = session_of(node);
        node.unlink();
        node.queue = Queue::changed;
        if (!session.connected) {
            session.waiting.push_back(node);
            continue;
        }
        auto const since = due_since(node, now);
        auto& behind = syncs[node.session];
        if (!behind) behind = sync(node.session, {.since = since}, out);
        round(node, {.node = &node, .sync = behind, .since = since}, out);
    }
}

void WatchedTree::fence(std::vector<std::string> const& paths, std::shared_ptr<Fence> const& fence,
                        SteadyTime now) {
    std::map<SessionNumber, std::shared_ptr<Sync>> syncs;
    for (auto const& path : paths) {
        auto const wanted = interest(path);
        if (!wanted.data && !wanted.children) continue;
        auto& node = ensure(path, now);
        session_of(node);
        auto& behind = syncs[node.session];
        if (!behind) behind = sync(node.session, {.fence = fence, .since = now}, fence_requests_);
        Sent sent{.node = &node, .sync = behind, .fence = fence, .since = now, .full = true};
        round(node, sent, fence_requests_);
    }
}

/// All reads of one node. A root that is absent is asked for its existence, which leaves a watch
/// for its creation.
void WatchedTree::round(WatchedNode& node, Sent const& sent, std::vector<Request>& out) {
    bool const awaits_creation =
        &node == root_.get() && node.state == State::absent && !sent.sync && !sent.full;
    auto const ask = [&](What what) {
        ++node.reading;
        if (sent.catching_up) ++catching_up_;
        request(node.session, what, node.path(), sent, out);
    };
    if (awaits_creation) return ask(What::existence);
    if (node.interest.data) ask(What::data);
    if (node.interest.children) ask(What::children);
}

std::shared_ptr<WatchedTree::Sync> WatchedTree::sync(SessionNumber session, Sent sent,
                                                     std::vector<Request>& out) {
    sent.sync = std::make_shared<Sync>();
    auto made = sent.sync;
    request(session, What::sync, root(), std::move(sent), out);
    return made;
}

void WatchedTree::request(SessionNumber session, What what, std::string path, Sent sent,
                          std::vector<Request>& out) {
    sent.what = what;
    if (sent.node) sent.listed = sent.node->listed;
    if (sent.fence) ++sent.fence->awaited;
    out.push_back({++last_id_, session, what, sent.fence != nullptr, std::move(path)});
    sent_.emplace(last_id_, std::move(sent));
}

void WatchedTree::watch_fired(SessionNumber session, std::string_view path, SteadyTime now) {
    auto* node = find(path);
    // A path that was forgotten in between may be with another session now.
    if (!node || !node->has_session || node->session != session) return;
    enqueue(*node, Queue::changed, now);
}

void WatchedTree::session_connected(SessionNumber number, bool watches_lost, SteadyTime now) {
    if (number >= sessions_.size()) return;
    auto& session = sessions_[number];
    session.connected = true;
    connected_at_ = now;
    if (watches_lost) ++session.handle;
    push_front(changed_, session.waiting);
    auto& list = watches_lost ? unarmed_ : unverified_;
    if (!session.idle.empty() && !stale_since_) stale_since_ = now;
    list.splice(list.end(), session.idle);
    check_current(now);
}

void WatchedTree::session_disconnected(SessionNumber number, SteadyTime now) {
    if (number >= sessions_.size()) return;
    auto& session = sessions_[number];
    session.connected = false;
    if (session.nodes > 0 && !stale_since_) stale_since_ = now;
}

/// Whether anything is not as the servers last said.
bool WatchedTree::is_busy() const {
    bool const queued = !changed_.empty() || !doubted_.empty() || !refused_.empty() ||
                        !unarmed_.empty() || !unverified_.empty();
    bool const waiting = std::ranges::any_of(
        sessions_, [](Session const& session) { return !session.waiting.empty(); });
    return queued || waiting || !sent_.empty();
}

void WatchedTree::check_complete() {
    if (!complete_ && !failure_ && !is_busy()) complete_ = true;
}

/// After a connection loss: everything read again, and nothing that fired because of it left.
void WatchedTree::check_current(SteadyTime now) {
    if (!stale_since_ || catching_up_ > 0 || !unarmed_.empty() || !unverified_.empty()) return;
    auto const out = [](Session const& session) { return session.nodes > 0 && !session.connected; };
    if (std::ranges::any_of(sessions_, out)) return;
    auto const oldest = oldest_due(now);
    if (!oldest || *oldest > connected_at_) stale_since_.reset();
}

std::optional<SteadyTime> WatchedTree::oldest_due(SteadyTime now) const {
    std::optional<SteadyTime> oldest;
    auto const consider = [&](SteadyTime since) {
        oldest = std::min(oldest.value_or(since), since);
    };
    auto const consider_list = [&](WatchedNode::List const& list) {
        if (!list.empty()) consider(due_since(list.front(), now));
    };
    for (auto const& [id, sent] : sent_) consider(sent.since);
    for (auto const* list : {&changed_, &doubted_, &refused_}) consider_list(*list);
    for (auto const& session : sessions_) consider_list(session.waiting);
    return oldest;
}

std::optional<SteadyTime> WatchedTree::stale_since(SteadyTime now) const {
    if (!complete_) return started_;
    auto since = stale_since_;
    auto const oldest = oldest_due(now);
    if (oldest && now - *oldest > pending_limit) since = std::min(since.value_or(*oldest), *oldest);
    return since;
}

} // namespace heliosd::store
