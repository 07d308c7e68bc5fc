// SPDX-License-Identifier: Apache-2.0
#include "master/workers/history_cleaner.h"

#include "base/async/backoff.h"
#include "base/async/concurrently.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

#include <optional>
#include <string_view>

namespace heliosd::master {

using namespace std::chrono_literals;
using store::StoreErrc;

namespace {

/// Bounds what one history can delay the others.
constexpr Duration clean_limit = 5min;
constexpr Duration load_limit = 10min;
/// How often the tree is searched for marks that no request has reported: its client left, or its
/// answer came too late.
constexpr Duration search_interval = 10min;

/// The job of a history, and the host if it is only the part of one.
struct Owner {
    std::string job, host;
};
std::optional<Owner> owner_of(std::string_view path) {
    auto const at = store::below(layout::history_jobs, path);
    if (!at) return std::nullopt;
    if (at->rest.empty()) return Owner{std::string(at->name), {}};
    auto const host = store::below("hosts", at->rest);
    if (!host || !host->rest.empty()) return std::nullopt;
    return Owner{std::string(at->name), std::string(host->name)};
}

} // namespace

Async<Result<bool>> HistoryCleaner::is_marked(std::string path) {
    auto const node = co_await store_.get(std::move(path));
    if (!node && node.error().code == StoreErrc::not_found) co_return false;
    if (!node) co_return std::unexpected(node.error());
    co_return node->data == removed_mark;
}

Async<Result<bool>> HistoryCleaner::has_owner(std::string path) {
    auto const owner = owner_of(path);
    if (!owner) co_return true;
    auto const node =
        owner->host.empty() ? layout::job(owner->job) : layout::host_job(owner->host, owner->job);
    CO_TRY(co_await store_.sync(node));
    auto const stat = CO_TRY(co_await store_.exists(node));
    co_return stat.has_value();
}

Async<Result<>> HistoryCleaner::clean(std::string path) {
    bool const marked = CO_TRY(co_await is_marked(path));
    if (!marked) co_return Result<>{};
    // What an owner that was made meanwhile has written must stay.
    auto const ends = [this, path] { return has_owner(path); };
    CO_TRY(co_await remove_tree(store_, path, ends));
    co_return co_await keep_if_owned(std::move(path));
}

/// Takes the mark off a history whose owner was made again: it is not to be removed later.
Async<Result<>> HistoryCleaner::keep_if_owned(std::string path) {
    auto const node = co_await store_.get(path);
    if (!node && node.error().code == StoreErrc::not_found) co_return Result<>{};
    if (!node) co_return std::unexpected(node.error());
    bool const owned = CO_TRY(co_await has_owner(path));
    if (!owned || node->data != removed_mark) co_return Result<>{};
    CO_TRY(co_await store_.set(std::move(path), "", node->stat.version));
    co_return Result<>{};
}

Async<Result<>> HistoryCleaner::add_if_marked(std::string path) {
    bool const marked = CO_TRY(co_await is_marked(path));
    if (marked) removals_.add(std::move(path));
    co_return Result<>{};
}

Async<Result<>> HistoryCleaner::find_in(std::string job) {
    if (!mirror_.view().job(job)) co_return co_await add_if_marked(layout::history_job(job));
    auto const hosts = co_await store_.children(layout::history_hosts(job));
    if (!hosts && hosts.error().code == StoreErrc::not_found) co_return Result<>{};
    if (!hosts) co_return std::unexpected(hosts.error());
    for (auto const& host : *hosts) {
        auto const* const entry = mirror_.view().host(host);
        if (entry && entry->configured) continue;
        CO_TRY(co_await add_if_marked(layout::history_host(job, host)));
    }
    co_return Result<>{};
}

Async<Result<>> HistoryCleaner::find_unfinished() {
    auto jobs = co_await store_.children(std::string(layout::history_jobs));
    if (!jobs && jobs.error().code == StoreErrc::not_found) co_return Result<>{};
    if (!jobs) co_return std::unexpected(std::move(jobs.error()));
    auto const find = [this](std::string job) { return find_in(std::move(job)); };
    co_return co_await concurrently(store::reads_at_once, std::move(*jobs), find);
}

Async<void> HistoryCleaner::run() {
    Backoff backoff(rng_);
    std::optional<SteadyTime> searched;
    for (;;) {
        if (!searched || clock_.now() - *searched >= search_interval) {
            bool const loaded = co_await mirror_.wait_loaded(load_limit);
            if (!loaded) continue;
            auto const found = co_await find_unfinished();
            if (!found) {
                log::debug("master", "cannot search for unfinished removals of history: {}",
                           found.error().message);
                co_await clock_.sleep(backoff.next());
                continue;
            }
            searched = clock_.now();
        }
        auto waiting = removals_.wait();
        auto const paths = co_await within(clock_, search_interval, std::move(waiting));
        if (!paths) continue;
        bool failed = false;
        for (auto const& path : *paths) {
            auto work = clean(path);
            auto const cleaned = co_await within(clock_, clean_limit, std::move(work));
            if (cleaned) {
                removals_.done(path);
                continue;
            }
            failed = true;
            log::warning("master", "{} is still there, trying again: {}", path,
                         cleaned.error().message);
        }
        if (failed)
            co_await clock_.sleep(backoff.next());
        else
            backoff.reset();
    }
}

} // namespace heliosd::master
