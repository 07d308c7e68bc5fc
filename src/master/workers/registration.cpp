// SPDX-License-Identifier: Apache-2.0
#include "master/workers/registration.h"

#include "base/async/backoff.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"
#include "master/writes/base_nodes.h"

namespace heliosd::master {

using namespace std::chrono_literals;
using store::StoreErrc;

namespace {

/// How often the node, which is not watched, is checked: an operator may have removed it.
constexpr Duration check_interval = 10s;
/// How long an orderly end waits for the ensemble.
constexpr Duration withdraw_limit = 2s;

} // namespace

Registration::Registration(store::Store& store, Clock& clock, Rng& rng, std::string name)
    : store_(store), clock_(clock), rng_(rng), name_(std::move(name)) {
}

Async<Result<>> Registration::create_up(bool take_over) {
    auto const path = layout::status_master_up(name_);
    auto const stat = CO_TRY(co_await store_.exists(path));
    if (stat && stat->ephemeral_owner == store_.session().id) co_return Result<>{};
    if (stat && !take_over) {
        // It was ours, so a second master of this name must have taken it. Taking it back would
        // make both appear and vanish in turns.
        if (!warned_of_name_clash_)
            log::warning("master",
                         "another master runs under the name {:?}; give each its own "
                         "with --name",
                         name_);
        warned_of_name_clash_ = true;
        co_return Result<>{};
    }
    warned_of_name_clash_ = false;
    if (stat) {
        // Left by the session of a previous run: it would vanish when that session expires (B14).
        auto const removed = co_await store_.remove(path, stat->version);
        if (!removed && removed.error().code != StoreErrc::not_found)
            co_return std::unexpected(removed.error());
    }
    co_return co_await store_.create(path, "", store::CreateMode::ephemeral);
}

Async<Result<>> Registration::register_once() {
    CO_TRY(co_await ensure_base_nodes(store_));
    CO_TRY(co_await store::ensure_path(store_, layout::status_master(name_)));
    co_return co_await create_up(true);
}

Async<void> Registration::keep_registered() {
    Backoff backoff(rng_);
    std::int64_t registered = 0; // the session in which it was done
    bool announced = false;
    for (;;) {
        auto const session = store_.session();
        if (session.state == store::SessionState::closed) co_return;
        Result<> done;
        if (registered == 0 || registered != session.id)
            done = co_await register_once();
        else
            done = co_await create_up(false);
        if (!done) {
            auto const pause = backoff.next();
            log::warning("master", "registration not successful, trying again in {} s: {}",
                         std::chrono::duration_cast<std::chrono::seconds>(pause).count(),
                         done.error().message);
            registered = 0;
            // A new connection is a reason to retry at once.
            (void)co_await within(clock_, pause, next_session(store_, session));
            continue;
        }
        backoff.reset();
        // The session may have changed during the attempt: then the node vanished with it.
        registered = store_.session().id == session.id ? session.id : 0;
        if (registered == 0) continue;
        if (!announced) log::info("master", "registered in the tree name={:?}", name_);
        announced = true;
        auto change = next_session(store_, session);
        auto const woken = co_await within(clock_, check_interval, std::move(change));
        if (woken && woken->state == store::SessionState::closed) co_return;
    }
}

Async<Result<>> Registration::withdraw() {
    auto const path = layout::status_master_up(name_);
    auto const stat = CO_TRY(co_await store_.exists(path));
    if (!stat || stat->ephemeral_owner != store_.session().id) co_return Result<>{};
    co_return co_await store_.remove(path, stat->version);
}

Async<void> Registration::run() {
    return finally(keep_registered(), leave());
}

Async<void> Registration::leave() {
    if (store_.session().state != store::SessionState::connected) co_return;
    auto const gone = co_await within(clock_, withdraw_limit, withdraw());
    if (!gone)
        log::info("master", "left {:?} to the end of the session: {}",
                  layout::status_master_up(name_), gone.error().message);
}

} // namespace heliosd::master
