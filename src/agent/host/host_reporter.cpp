// SPDX-License-Identifier: Apache-2.0
#include "agent/host/host_reporter.h"

#include "agent/host/host_facts.h"
#include "base/async/within.h"
#include "base/log.h"
#include "layout/paths.h"
#include "model/host.h"
#include "model/version.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using store::StoreErrc;

constexpr Duration report_interval = 60s;
constexpr Duration retry_interval = 5s;
constexpr Duration docker_limit = 10s;
constexpr Duration store_limit = 60s;

std::optional<std::string> unless_empty(std::string const& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

model::DockerVersion as_model(docker::Version const& version) {
    return {.api_version = unless_empty(version.api_version),
            .arch = unless_empty(version.arch),
            .git_commit = unless_empty(version.git_commit),
            .go_version = unless_empty(version.go_version),
            .kernel_version = unless_empty(version.kernel_version),
            .os = unless_empty(version.os),
            .version = unless_empty(version.version)};
}

} // namespace

HostReporter::HostReporter(Services services, AgentOptions const& options)
    : services_(services),
      options_(options),
      started_(services.clock.wall()),
      wake_(services.executor) {
}

void HostReporter::allow(bool allowed) {
    allowed_ = allowed;
    are_options_due_ = true;
    if (allowed) wake_.set();
}

Async<void> HostReporter::run() {
    bool failing = false;
    for (;;) {
        if (!allowed_) {
            co_await wake_.wait();
            continue;
        }
        auto const outcome = co_await report();
        if (!outcome && outcome.error().code == StoreErrc::not_found && on_parent_missing_)
            on_parent_missing_();
        if (!outcome && !failing)
            log::warning("agent", "cannot report this host, trying again: {}",
                         outcome.error().message);
        failing = !outcome;
        (void)co_await wake_.wait_for(services_.clock, failing ? retry_interval : report_interval);
    }
}

Async<Result<>> HostReporter::report() {
    auto const& host = options_.name;
    auto host_info = co_await host_document();
    std::vector<std::pair<std::string, std::string>> documents{
        {layout::status_host_info(host), std::move(host_info)},
        {layout::status_agent_info(host), agent_document()}};
    bool const with_options = std::exchange(are_options_due_, false);
    if (with_options) {
        auto environment = json::write(model::to_json(options_.env));
        auto labels = json::write(model::to_json(options_.labels));
        documents.emplace_back(layout::status_environment(host), std::move(environment));
        documents.emplace_back(layout::status_labels(host), std::move(labels));
    }
    for (auto& [path, document] : documents) {
        auto published = publish(path, std::move(document));
        auto outcome = co_await within(services_.clock, store_limit, std::move(published));
        are_options_due_ = are_options_due_ || (with_options && !outcome);
        if (!outcome)
            co_return std::unexpected(
                in_context("failed to update node: " + path, outcome.error()));
        if (!allowed_) break;
    }
    co_return Result<>{};
}

Async<Result<>> HostReporter::publish(std::string path, std::string document) {
    auto const updated = co_await services_.store.set(path, document);
    if (updated) co_return Result<>{};
    if (updated.error().code != StoreErrc::not_found) co_return std::unexpected(updated.error());
    auto const mode = store::CreateMode::persistent;
    auto const created = co_await services_.store.create(path, std::move(document), mode);
    // Somebody was faster: with the same document, for the name is ours.
    if (!created && created.error().code == StoreErrc::exists) co_return Result<>{};
    co_return created;
}

Async<std::string> HostReporter::host_document() {
    auto info = agent::host_info(services_.files);
    auto call = services_.engine.version();
    auto const version = co_await within(services_.clock, docker_limit, std::move(call));
    if (version) info.docker_version = as_model(*version);
    info.docker_host = options_.docker_host;
    info.docker_cert_path = options_.docker_cert_path;
    co_return json::write(to_json(info, model::Mode::common));
}

std::string HostReporter::agent_document() const {
    auto const up = services_.clock.wall() - started_;
    model::AgentInfo const info{.input_arguments = options_.arguments,
                                .name = fmt::format("{}@{}", process_number(), options_.name),
                                .version = std::string(model::protocol_version),
                                .vm_name = "heliosd",
                                .vm_version = HELIOSD_VERSION,
                                .start_time = started_.time_since_epoch().count(),
                                .uptime = up.count()};
    return json::write(to_json(info, model::Mode::common));
}

} // namespace heliosd::agent
