// SPDX-License-Identifier: Apache-2.0
#include "agent/state/agent_id.h"

#include "agent/containers/container_spec.h"
#include "agent/state/state_directory.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration docker_limit = 10s;
constexpr Duration store_limit = 3s;

} // namespace

std::optional<std::string> choose_agent_id(std::map<std::string, std::string> const& recorded,
                                           std::set<std::string> const& seen,
                                           std::optional<std::string> const& registered) {
    std::set<std::string> own;
    for (auto const& [container, id] : recorded) own.insert(id);
    if (own.size() == 1) return *own.begin();
    auto const& candidates = own.empty() ? seen : own;
    if (registered && candidates.contains(*registered)) return registered;
    return std::nullopt;
}

Async<std::optional<std::string>> restore_agent_id(Clock& clock, docker::Engine& engine,
                                                   store::Store& store, std::string host,
                                                   Statuses statuses) {
    std::set<std::string> published;
    for (auto const& [job, status] : statuses)
        if (status.container_id) published.insert(*status.container_id);
    docker::ListFilter filter{.all = true, .label = std::string(label_agent)};
    auto const listed = co_await within(clock, docker_limit, engine.list(std::move(filter)));
    std::map<std::string, std::string> recorded;
    std::set<std::string> seen;
    if (listed)
        for (auto const& container : *listed) {
            auto const label = container.labels.find(std::string(label_agent));
            if (label == container.labels.end() || !is_valid_agent_id(label->second)) continue;
            seen.insert(label->second);
            if (published.contains(container.id)) recorded[container.id] = label->second;
        }
    std::optional<std::string> registered;
    auto const node = co_await within(clock, store_limit, store.get(layout::host_id(host)));
    if (node) registered = node->data;

    auto const id = choose_agent_id(recorded, seen, registered);
    if (id)
        log::warning("agent", "restored the agent id from the labels of its containers: {}", *id);
    else
        log::warning("agent", "no container tells the agent id, making a new one: until the old "
                              "registration expires, the name of this host is refused");
    co_return id;
}

} // namespace heliosd::agent
