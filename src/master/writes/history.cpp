// SPDX-License-Identifier: Apache-2.0
// ClusterWriter on the history of jobs (spec/zookeeper.md §5.9, B8).
#include "base/async/concurrently.h"
#include "base/log.h"
#include "layout/paths.h"
#include "master/writes/cluster_writer.h"

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

} // namespace heliosd::master
