// SPDX-License-Identifier: Apache-2.0
// Operations on the history of jobs (spec/zookeeper.md §5.9, B8).
#include "base/log.h"
#include "master/operations.h"
#include "store/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <tuple>

namespace heliosd::master {

namespace paths = store::paths;

namespace {

std::optional<std::int64_t> timestamp_of(std::string const& name) {
    std::int64_t value = 0;
    auto const [end, failure] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (failure != std::errc{} || end != name.data() + name.size()) return std::nullopt;
    return value;
}

std::optional<model::TaskStatus> status_of(std::string const& path, std::string const& data) {
    auto const document = json::parse(data);
    if (document) {
        auto status = model::task_status_from_json(*document);
        if (status) return std::move(*status);
        log::debug("master", "skipped {}: {}", path, status.error().message);
    } else {
        log::debug("master", "skipped {}: {}", path, document.error().message);
    }
    return std::nullopt;
}

} // namespace

Async<Result<std::vector<model::TaskStatusEvent>>> Operations::read_events(std::string job,
                                                                           std::string host) {
    std::vector<model::TaskStatusEvent> events;
    auto const stamps = co_await names(paths::history_events(job, host));
    if (!stamps) co_return std::unexpected(stamps.error());
    for (auto const& stamp : *stamps) {
        // A name that is no time, or a document nobody can read, must not hide the others.
        auto const timestamp = timestamp_of(stamp);
        if (!timestamp) continue;
        auto const path = paths::history_event(job, host, stamp);
        auto const node = co_await look(path);
        if (!node) co_return std::unexpected(node.error());
        if (!*node) continue;
        auto status = status_of(path, (*node)->data);
        if (status) events.push_back({std::move(*status), *timestamp, host});
    }
    co_return events;
}

Async<Result<std::optional<std::vector<model::TaskStatusEvent>>>>
Operations::job_history(model::JobId id) {
    using Events = std::vector<model::TaskStatusEvent>;
    auto const text = id.to_string();
    auto const job = co_await find(paths::job(text));
    if (!job) co_return std::unexpected(job.error());
    if (!*job) co_return std::optional<Events>{};
    auto const hosts = co_await names(paths::history_hosts(text));
    if (!hosts) co_return std::unexpected(hosts.error());
    Events events;
    for (auto const& host : *hosts) {
        auto read = co_await read_events(text, host);
        if (!read) co_return std::unexpected(read.error());
        events.insert(events.end(), std::make_move_iterator(read->begin()),
                      std::make_move_iterator(read->end()));
    }
    std::ranges::sort(events, [](auto const& a, auto const& b) {
        return std::tie(a.timestamp, a.host) < std::tie(b.timestamp, b.host);
    });
    co_return std::optional(std::move(events));
}

Async<Result<>> Operations::remove_tree(std::string root) {
    constexpr int rounds = 5;
    Error last;
    for (int round = 0; round < rounds; ++round) {
        auto const tree = co_await store::list_tree(store_, root);
        if (!tree) co_return std::unexpected(tree.error());
        if (tree->empty()) co_return Result<>{};
        auto const chunks = removal_chunks(*tree);
        bool removed = true;
        for (auto const& chunk : chunks) {
            auto const done = co_await store_.multi(chunk);
            if (done) continue;
            // An agent added or trimmed an event meanwhile: list again.
            last = done.error().error;
            if (classify(last) == WriteFailure::hopeless) co_return std::unexpected(last);
            removed = false;
            break;
        }
        if (removed) co_return Result<>{};
    }
    co_return fail(last.code, fmt::format("{} could not be removed: {}", root, last.message));
}

Async<Result<>> Operations::remove_history(std::string job) {
    co_return co_await remove_tree(paths::history_job(job));
}

} // namespace heliosd::master
