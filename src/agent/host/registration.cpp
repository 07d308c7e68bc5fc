// SPDX-License-Identifier: Apache-2.0
#include "agent/host/registration.h"

#include "base/async/backoff.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using store::CreateMode;
using store::StoreErrc;

constexpr Duration attempt_limit = 60s;
constexpr Duration leave_limit = 3s;
/// Who takes the `up` node from another session twice in so short a time contests for it.
constexpr Duration calm = 60s;
/// A rival that takes the name back within this time after a take-over is alive.
constexpr std::chrono::seconds take_over_interval = 60s;

long long in_ms(Duration length) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
}

store::Interest data_of_root(std::string_view) {
    return {.data = true};
}

bool has_reported(Rival const& rival, Duration ttl) {
    return rival.silent_for && *rival.silent_for < ttl;
}

/// Describes how long a rival keeps the name.
std::string expiry(Rival const& rival, Duration ttl) {
    if (has_reported(rival, ttl)) {
        auto const left = std::chrono::ceil<std::chrono::seconds>(ttl - *rival.silent_for);
        return fmt::format("expires in {} seconds", left.count());
    }
    if (rival.is_up) return "lasts as long as its session with ZooKeeper, which is alive";
    return fmt::format("is younger than ours, and is left alone for {} seconds",
                       take_over_interval.count());
}

} // namespace

Claim decide_claim(std::optional<std::string_view> found, std::string_view own, Rival const& rival,
                   Duration ttl) {
    if (!found) return Claim::create;
    if (*found == own) return Claim::keep;
    bool const is_alive = has_reported(rival, ttl) || rival.is_up || rival.contests;
    return is_alive ? Claim::refuse : Claim::take_over;
}

Registration::Registration(Executor executor, Clock& clock, Rng& rng, store::Store& store,
                           Identity identity)
    : clock_(clock),
      rng_(rng),
      store_(store),
      identity_(std::move(identity)),
      watchers_(executor),
      wake_(executor) {
}

Async<void> Registration::run() {
    return watchers_.scope(hold());
}

void Registration::set_ownership(Ownership ownership) {
    bool const won = ownership == Ownership::ours &&
                     (ownership_ != Ownership::ours || std::exchange(renewed_, false));
    if (won) {
        ++wins_;
        renewed_ = false;
        log::info("agent", "registered host=\"{}\" id={}", identity_.host, identity_.id);
    }
    bool const changed = won || ownership != ownership_;
    ownership_ = ownership;
    if (changed && on_change_) on_change_();
}

Async<void> Registration::hold() {
    auto const watch_id = [this] { return watch_node(layout::host_id(identity_.host)); };
    auto const watch_up = [this] { return watch_node(layout::status_up(identity_.host)); };
    auto const watch_connection = [this] { return watch_session(); };
    watchers_.spawn_service("watch of the host's id", watch_id, clock_, rng_);
    watchers_.spawn_service("watch of the up node", watch_up, clock_, rng_);
    watchers_.spawn_service("watch of the session", watch_connection, clock_, rng_);

    Backoff backoff(rng_), contest_backoff(rng_);
    for (;;) {
        auto const claim = co_await within(clock_, attempt_limit, attempt());
        if (claim && *claim != Claim::refuse) {
            backoff.reset();
            set_ownership(Ownership::ours);
            auto const contested = std::exchange(contested_, false);
            if (!contested) contest_backoff.reset();
            if (contested) co_await yield_name(contest_backoff.next());
            co_await wake_.wait();
            continue;
        }
        auto const pause = backoff.next();
        if (claim) {
            set_ownership(Ownership::refused);
        } else {
            // Ownership changes only by a definite answer.
            log::warning("agent", "cannot register host=\"{}\", trying again in {} ms: {}",
                         identity_.host, in_ms(pause), claim.error().message);
        }
        (void)co_await wake_.wait_for(clock_, pause);
    }
}

/// Pauses before the next check of an `up` node that another live session keeps recreating.
Async<void> Registration::yield_name(Duration pause) {
    log::warning("agent",
                 "another agent seems to run as host=\"{}\" with the id of this one, from a copied "
                 "state directory or with the same --id: stop one of them. Looking again in {} ms",
                 identity_.host, in_ms(pause));
    co_await clock_.sleep(pause);
}

Async<void> Registration::watch_node(std::string path) {
    auto const follower = store_.follow(std::move(path), data_of_root);
    for (;;) {
        auto const batch = co_await follower->next();
        if (!batch) {
            // No permission, or the store is closing: `attempt` reports it.
            co_await clock_.sleep(30s);
            co_return;
        }
        wake_.set();
    }
}

Async<void> Registration::watch_session() {
    auto session = store_.session();
    for (;;) {
        auto const now = co_await store_.session_changed(session);
        bool const reconnected =
            now.state == store::SessionState::connected &&
            (now.epoch != session.epoch || session.state != store::SessionState::connected);
        session = now;
        if (now.state == store::SessionState::closed) co_await clock_.sleep(24h);
        if (!reconnected) continue;
        // Another agent may have taken the name meanwhile: check before writing.
        if (ownership_ == Ownership::ours) set_ownership(Ownership::unknown);
        wake_.set();
    }
}

Async<Result<Claim>> Registration::attempt() {
    auto node = co_await store_.get(layout::host_id(identity_.host));
    if (!node && node.error().code != StoreErrc::not_found) co_return std::unexpected(node.error());
    std::optional<store::Node> found;
    if (node) found = std::move(*node);
    co_return co_await settle(std::move(found));
}

Async<Result<Claim>> Registration::settle(std::optional<store::Node> found) {
    std::optional<std::string_view> id;
    if (found) id = found->data;
    Rival rival;
    if (id && *id != identity_.id) {
        auto const seen = CO_TRY(co_await inspect_rival());
        rival = seen;
    }
    auto const claim = decide_claim(id, identity_.id, rival, identity_.ttl);
    Result<> done;
    switch (claim) {
    case Claim::create: done = co_await create_nodes(true); break;
    case Claim::keep: done = co_await keep(); break;
    case Claim::take_over: done = co_await take_over(std::move(*found)); break;
    case Claim::refuse:
        log::warning("agent",
                     "Another agent already registered as '{}' (local={} remote={}). That agent's "
                     "registration {}",
                     identity_.host, identity_.id, *id, expiry(rival, identity_.ttl));
        break;
    }
    CO_TRY(std::move(done));
    co_return claim;
}

Async<Result<Rival>> Registration::inspect_rival() {
    auto const info = CO_TRY(co_await store_.exists(layout::status_host_info(identity_.host)));
    auto const up = CO_TRY(co_await store_.exists(layout::status_up(identity_.host)));
    Rival rival;
    auto const now = clock_.wall().time_since_epoch();
    if (info) rival.silent_for = now - std::chrono::milliseconds(info->mtime);
    rival.is_up = up && up->ephemeral_owner != store_.session().id;
    rival.contests = took_over_ && clock_.now() - *took_over_ < take_over_interval;
    co_return rival;
}

/// Creates missing nodes of a name that is ours, then reads the id again: another agent may have
/// taken the name over since the first read.
Async<Result<>> Registration::keep() {
    CO_TRY(co_await create_nodes(false));
    auto const id = CO_TRY(co_await store_.get(layout::host_id(identity_.host)));
    if (id.data != identity_.id)
        co_return fail(StoreErrc::version_conflict, "another agent has just taken the name over");
    co_return Result<>{};
}

/// Creates the host's missing nodes in one transaction, the id last: its existence implies the
/// others, and `up` protects it from the start.
Async<Result<>> Registration::create_nodes(bool with_id) {
    auto const& host = identity_.host;
    std::string const wanted[] = {layout::host(host), layout::host_jobs(host),
                                  layout::host_ports(host), layout::status_host(host),
                                  layout::status_jobs(host)};
    std::vector<store::Op> ops;
    for (auto const& path : wanted) {
        auto const stat = CO_TRY(co_await store_.exists(path));
        if (!stat) ops.push_back(store::Create{path, ""});
    }
    if (with_id || !ops.empty()) {
        CO_TRY(co_await ensure_roots());
    }
    renewed_ = renewed_ || with_id || !ops.empty();
    auto const up = CO_TRY(co_await claim_up());
    ops.insert(ops.end(), up.begin(), up.end());
    if (with_id) ops.push_back(store::Create{layout::host_id(host), identity_.id});
    if (ops.empty()) co_return Result<>{};
    auto const made = co_await store_.multi(std::move(ops));
    bool const displaces = std::ranges::any_of(
        up, [](auto const& op) { return std::holds_alternative<store::Remove>(op); });
    if (made && displaces) {
        auto const before = std::exchange(displaced_, clock_.now());
        contested_ = before && clock_.now() - *before < calm;
    }
    co_return as_result(made);
}

Async<Result<>> Registration::ensure_roots() {
    for (auto const root : {layout::config_hosts, layout::status_hosts}) {
        CO_TRY(co_await store::ensure_path(store_, std::string(root)));
    }
    co_return Result<>{};
}

/// Takes the name over from an agent that has gone silent: keeps its deployments and removes its
/// status nodes.
Async<Result<>> Registration::take_over(store::Node found) {
    auto const& host = identity_.host;
    CO_TRY(co_await ensure_roots());
    auto const old = CO_TRY(co_await store::list_tree(store_, layout::status_host(host)));
    auto const id_path = layout::host_id(host);
    std::vector<store::Op> ops{store::Check{layout::host(host)}};
    for (auto const& path : old | std::views::reverse) ops.push_back(store::Remove{path});
    ops.push_back(store::Create{layout::status_host(host), ""});
    ops.push_back(store::Create{layout::status_jobs(host), ""});
    ops.push_back(store::Create{layout::status_up(host), "", CreateMode::ephemeral});
    // Of two newcomers only one wins: the winner's `up` is not on the list of the other, whose
    // removal of the parent fails.
    ops.push_back(store::Remove{id_path, found.stat.version});
    ops.push_back(store::Create{id_path, identity_.id});
    auto const done = co_await store_.multi(std::move(ops));
    renewed_ = true;
    if (done) {
        took_over_ = clock_.now();
        log::info("agent", "took over host=\"{}\" from agent {}, which has gone silent", host,
                  found.data);
    }
    co_return as_result(done);
}

/// The operations that make the `up` node belong to our session: a node of another session would
/// expire with that session.
Async<Result<std::vector<store::Op>>> Registration::claim_up() {
    auto const path = layout::status_up(identity_.host);
    auto const stat = CO_TRY(co_await store_.exists(path));
    std::vector<store::Op> ops;
    if (stat && stat->ephemeral_owner == store_.session().id) co_return ops;
    if (stat) ops.push_back(store::Remove{path, stat->version});
    ops.push_back(store::Create{path, "", CreateMode::ephemeral});
    co_return ops;
}

Async<void> Registration::leave() {
    if (ownership_ != Ownership::ours) co_return;
    auto const path = layout::status_up(identity_.host);
    auto const stat = co_await within(clock_, leave_limit, store_.exists(path));
    bool const own = stat && *stat && (*stat)->ephemeral_owner == store_.session().id;
    if (own) (void)co_await within(clock_, leave_limit, store_.remove(path));
}

} // namespace heliosd::agent
