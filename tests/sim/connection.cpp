// SPDX-License-Identifier: Apache-2.0
#include "sim/connection.h"

#include <algorithm>
#include <utility>

namespace heliosd::sim {

using store::StoreErrc;
using Effect = store::EmbeddedTree::Effect;

void Connection::send(std::uint64_t number, Request request) {
    arrivals_ = std::max(arrivals_, ensemble_.scheduler().now() + ensemble_.hop());
    auto const pending = std::make_shared<Pending>(number, std::move(request));
    ensemble_.scheduler().at(arrivals_, [self = shared_from_this(), pending] {
        if (self->client_ && !self->muted_) self->arrived(pending);
    });
}

/// Writes and syncs go on to the leader at once and in order; only their replies wait.
void Connection::arrived(PendingPtr pending) {
    using Kind = Request::Kind;
    auto const kind = pending->request.kind;
    queue_.push_back(pending);
    if (kind == Kind::write || kind == Kind::sync) {
        forwarded_ = std::max(forwarded_, ensemble_.scheduler().now() + ensemble_.hop());
        ensemble_.scheduler().at(forwarded_, [self = shared_from_this(), pending] {
            pending->request.kind == Kind::write ? self->commit(pending) : self->catch_up(pending);
        });
    } else {
        pending->is_ready = true;
    }
    serve();
}

/// Replies in order, up to a request that is still at the leader.
void Connection::serve() {
    using Kind = Request::Kind;
    while (!queue_.empty() && queue_.front()->is_ready) {
        auto const pending = queue_.front();
        queue_.pop_front();
        auto const kind = pending->request.kind;
        if (kind != Kind::write && kind != Kind::sync) pending->reply = read(pending->request);
        auto const seen = ensemble_.tree_at(server_).last_zxid();
        to_client([pending, seen](Client& client) {
            client.replied(pending->number, pending->reply, seen);
        });
    }
}

void Connection::catch_up(PendingPtr pending) {
    // On the way back from the leader the server receives all that was committed.
    ensemble_.scheduler().after(ensemble_.hop(), [self = shared_from_this(), pending] {
        self->ensemble_.catch_up(self->server_);
        pending->is_ready = true;
        self->serve();
    });
}

Reply Connection::read(Request const& request) {
    auto const* entry = ensemble_.tree_at(server_).find(request.path);
    using Kind = Request::Kind;
    if (!entry) {
        if (request.kind == Kind::exists && request.watch) watches_.existence.insert(request.path);
        Reply missing;
        missing.refused = {{StoreErrc::not_found, request.path + ": no such node"}, std::nullopt};
        return missing;
    }
    Reply reply;
    reply.node.stat = entry->stat;
    if (request.kind == Kind::get) reply.node.data = entry->data;
    if (request.kind == Kind::children)
        reply.names.assign(entry->children.begin(), entry->children.end());
    if (request.watch)
        (request.kind == Kind::children ? watches_.children : watches_.data).insert(request.path);
    return reply;
}

void Connection::commit(PendingPtr pending) {
    // The session has moved or expired: nobody is waiting for the answer here.
    if (!ensemble_.owns(session_, *this)) return;
    auto const& request = pending->request;
    auto const done = ensemble_.commit(request.ops, session_);
    if (done) {
        auto const& path = std::visit([](auto const& op) { return op.path; }, request.ops.back());
        auto const* entry = ensemble_.leader().find(path);
        if (entry) pending->reply.node.stat = entry->stat;
    } else {
        pending->reply.refused = done.error();
    }
    if (request.on_commit) request.on_commit();
    if (losing_answer_) {
        cut();
        return;
    }
    // Refusals, too, pass through the log: this server has applied all that came before them.
    ensemble_.when_caught_up(server_, [self = shared_from_this(), pending] {
        pending->is_ready = true;
        self->serve();
    });
}

void Connection::rearm(Watches watches, std::int64_t seen) {
    auto const& tree = ensemble_.tree_at(server_);
    auto const rearm = [&](Watches::Paths Watches::* kind, auto has_changed) {
        for (auto const& path : watches.*kind) {
            if (has_changed(tree.find(path)))
                tell(kind, path);
            else
                (watches_.*kind).insert(path);
        }
    };
    rearm(&Watches::data, [&](auto* entry) { return !entry || entry->stat.mzxid > seen; });
    rearm(&Watches::existence, [&](auto* entry) { return entry != nullptr; });
    rearm(&Watches::children, [&](auto* entry) { return !entry || entry->stat.pzxid > seen; });
}

void Connection::applied(store::EmbeddedTree::Transaction const& transaction) {
    for (auto const& touch : transaction.touches) {
        if (touch.effect == Effect::created) fire(&Watches::existence, touch.path);
        if (touch.effect == Effect::changed || touch.effect == Effect::removed)
            fire(&Watches::data, touch.path);
        if (touch.effect == Effect::touched_parent || touch.effect == Effect::removed)
            fire(&Watches::children, touch.path);
    }
}

void Connection::fire(Watches::Paths Watches::* kind, std::string const& path) {
    if ((watches_.*kind).erase(path) > 0) tell(kind, path);
}

void Connection::tell(Watches::Paths Watches::* kind, std::string const& path) {
    to_client([kind, path](Client& client) { client.fired(kind, path); });
}

/// Everything that goes to the client goes this way, so nothing overtakes anything.
void Connection::to_client(std::function<void(Client&)> deed) {
    departures_ = std::max(departures_, ensemble_.scheduler().now() + ensemble_.hop());
    ensemble_.scheduler().at(departures_, [self = shared_from_this(), deed = std::move(deed)] {
        if (self->client_ && !self->muted_) deed(*self->client_);
    });
}

void Connection::cut() {
    auto* const client = std::exchange(client_, nullptr);
    auto const self = shared_from_this();
    ensemble_.detach(session_, *this);
    if (client) client->broke();
}

void Connection::abandon() {
    client_ = nullptr;
    ensemble_.detach(session_, *this);
}

} // namespace heliosd::sim
