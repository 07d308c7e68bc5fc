// SPDX-License-Identifier: Apache-2.0
// ClusterWriter on the history of jobs (spec/zookeeper.md §5.9, B8).
#include "base/async/concurrently.h"
#include "base/log.h"
#include "layout/paths.h"
#include "master/writes/cluster_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace heliosd::master {

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

Async<Result<std::optional<model::TaskStatusEvent>>> ClusterWriter::read_event(std::string job,
                                                                               EventName name) {
    using Event = std::optional<model::TaskStatusEvent>;
    // A name that is no timestamp, or an unreadable document, must not hide the others.
    auto const timestamp = timestamp_of(name.stamp);
    if (!timestamp) co_return Event{};
    auto const path = layout::history_event(job, name.host, name.stamp);
    auto const node = CO_TRY(co_await get_if_exists(path));
    if (!node) co_return Event{};
    auto status = status_of(path, node->data);
    if (!status) co_return Event{};
    co_return Event({std::move(*status), *timestamp, std::move(name.host)});
}

Async<Result<std::optional<std::vector<model::TaskStatusEvent>>>>
ClusterWriter::job_history(model::JobId id) {
    using Events = std::vector<model::TaskStatusEvent>;
    auto const text = id.to_string();
    auto const job = CO_TRY(co_await find(layout::job(text)));
    if (!job) co_return std::optional<Events>{};
    auto const hosts = CO_TRY(co_await children_of(layout::history_hosts(text)));
    auto const list = [&](std::string host) {
        return children_of(layout::history_events(text, host));
    };
    auto const stamps = CO_TRY(co_await concurrently(store::reads_at_once, hosts, list));

    std::vector<EventName> listed;
    for (std::size_t i = 0; i < hosts.size(); ++i)
        for (auto const& stamp : stamps[i]) listed.push_back({hosts[i], stamp});
    auto const read = [&](EventName name) { return read_event(text, std::move(name)); };
    auto found = CO_TRY(co_await concurrently(store::reads_at_once, std::move(listed), read));
    Events events;
    for (auto& event : found)
        if (event) events.push_back(std::move(*event));
    std::ranges::sort(events, [](auto const& a, auto const& b) {
        return std::tie(a.timestamp, a.host) < std::tie(b.timestamp, b.host);
    });
    co_return std::optional(std::move(events));
}

Async<Result<>> ClusterWriter::remove_tree(std::string root) {
    constexpr int rounds = 5;
    Error last;
    for (int round = 0; round < rounds; ++round) {
        auto const tree = CO_TRY(co_await store::list_tree(store_, root));
        if (tree.empty()) co_return Result<>{};
        auto const chunks = removal_chunks(tree);
        bool removed = true;
        for (auto const& chunk : chunks) {
            auto const done = co_await store_.multi(chunk);
            if (done) continue;
            // An agent added or trimmed an event meanwhile: list again.
            last = done.error().error;
            if (classify(last) == WriteFailure::fatal) co_return std::unexpected(last);
            removed = false;
            break;
        }
        if (removed) co_return Result<>{};
    }
    co_return fail(last.code, fmt::format("{} could not be removed: {}", root, last.message));
}

Async<Result<>> ClusterWriter::remove_history(std::string job) {
    co_return co_await remove_tree(layout::history_job(job));
}

Async<Result<>> ClusterWriter::forget_history(std::string job, std::string host) {
    auto const forgotten = co_await remove_tree(layout::history_host(job, host));
    if (!forgotten) log::debug("master", "{}", forgotten.error().message);
    co_return Result<>{};
}

} // namespace heliosd::master
