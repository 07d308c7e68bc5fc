// SPDX-License-Identifier: Apache-2.0
#include "sim/ensemble.h"

#include "sim/connection.h"

#include <algorithm>
#include <utility>

namespace heliosd::sim {

using namespace std::chrono_literals;

Ensemble::Ensemble(Scheduler& scheduler, Clock& clock, Rng& rng, Trace& trace, Options options)
    : scheduler_(scheduler),
      clock_(clock),
      rng_(rng),
      trace_(trace),
      options_(options),
      servers_(options.servers) {
    servers_[0].lag = Duration::zero();
}

Duration Ensemble::hop() {
    return std::chrono::microseconds{200 + rng_.below(600)};
}

void Ensemble::set_up(std::size_t server, bool up) {
    auto& one = servers_[server];
    if (one.up == up) return;
    one.up = up;
    if (up) {
        catch_up(server);
        return;
    }
    std::vector<std::shared_ptr<Connection>> cut;
    for (auto const& [id, session] : sessions_)
        if (session.connected && session.connection->server() == server)
            cut.push_back(session.connection);
    for (auto const& connection : cut) connection->cut();
}

void Ensemble::catch_up(std::size_t server) {
    apply_until(server, log_.size());
}

std::int64_t Ensemble::open_session() {
    auto const id = ++last_session_;
    sessions_[id] = {};
    return id;
}

void Ensemble::attach(std::int64_t session, std::shared_ptr<Connection> connection) {
    auto& record = sessions_.at(session);
    ++record.changes;
    record.connection = std::move(connection);
    record.connected = true;
}

void Ensemble::detach(std::int64_t session, Connection const& connection) {
    auto const found = sessions_.find(session);
    if (found == sessions_.end() || found->second.connection.get() != &connection) return;
    if (!std::exchange(found->second.connected, false)) return;
    ++found->second.changes;
    expect_return(session);
}

/// A session without a connection ends after its time-out.
void Ensemble::expect_return(std::int64_t session) {
    auto const changes = sessions_.at(session).changes;
    scheduler_.after(options_.session_timeout, [this, session, changes] {
        auto const found = sessions_.find(session);
        if (found == sessions_.end() || found->second.changes != changes) return;
        trace_.add("zookeeper: session {:x} expired", session);
        end_session(session);
    });
}

bool Ensemble::owns(std::int64_t session, Connection const& connection) const {
    auto const found = sessions_.find(session);
    return found != sessions_.end() && found->second.connection.get() == &connection;
}

void Ensemble::end_session(std::int64_t session) {
    auto record = sessions_.extract(session);
    if (record.empty()) return;
    auto const transaction = leader_.end_session(session, clock_.wall());
    if (!transaction.touches.empty()) append({{}, session, clock_.wall()}, transaction);
    if (record.mapped().connected) record.mapped().connection->cut();
}

std::expected<store::EmbeddedTree::Transaction, store::MultiError>
Ensemble::commit(std::span<store::Op const> ops, std::int64_t session) {
    auto const now = clock_.wall();
    auto transaction = leader_.apply(ops, session, now);
    if (!transaction) return transaction;
    bool const writes = !transaction->touches.empty();
    if (writes) append({{ops.begin(), ops.end()}, session, now}, *transaction);
    return transaction;
}

void Ensemble::append(Entry entry, store::EmbeddedTree::Transaction const& transaction) {
    log_.push_back(std::move(entry));
    auto const count = log_.size();
    for (auto const& observer : observers_) observer(transaction, log_.back().session);
    for (std::size_t server = 0; server < servers_.size(); ++server) {
        auto& one = servers_[server];
        auto const jitter = std::chrono::microseconds{rng_.below(1000)};
        one.busy_until = std::max(one.busy_until, scheduler_.now() + one.lag + jitter);
        scheduler_.at(one.busy_until, [this, server, count] { apply_until(server, count); });
    }
}

void Ensemble::apply_until(std::size_t server, std::size_t count) {
    auto& one = servers_[server];
    while (one.applied < count) {
        auto const& entry = log_[one.applied];
        auto const transaction = entry.ops.empty()
                                     ? one.tree.end_session(entry.session, entry.time)
                                     : one.tree.apply(entry.ops, entry.session, entry.time).value();
        ++one.applied;
        tell_watchers(server, transaction);
    }
    while (!one.waiting.empty() && one.waiting.begin()->first <= one.applied)
        one.waiting.extract(one.waiting.begin()).mapped()();
}

void Ensemble::tell_watchers(std::size_t server,
                             store::EmbeddedTree::Transaction const& transaction) {
    for (auto const& [id, session] : sessions_)
        if (session.connected && session.connection->server() == server)
            session.connection->applied(transaction);
}

void Ensemble::when_caught_up(std::size_t server, std::function<void()> deed) {
    if (servers_[server].applied == log_.size())
        deed();
    else
        servers_[server].waiting.emplace(log_.size(), std::move(deed));
}

} // namespace heliosd::sim
