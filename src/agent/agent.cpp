// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include "agent/containers/images.h"
#include "agent/containers/inventory.h"
#include "agent/host/agent_http.h"
#include "agent/host/host_reporter.h"
#include "agent/host/registration.h"
#include "agent/state/agent_id.h"
#include "agent/state/desired.h"
#include "agent/state/history_writer.h"
#include "agent/state/state_directory.h"
#include "agent/state/status_writer.h"
#include "agent/tasks/collector.h"
#include "agent/tasks/reconciler.h"
#include "base/async/semaphore.h"
#include "base/log.h"
#include "net/http/server.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

/// How long an agent with a snapshot waits for the cluster before it acts on the snapshot.
constexpr Duration cluster_patience = 3s;
/// Dockerd starts about ten containers a second; more parallelism only makes each start slower.
constexpr std::size_t parallel_starts = 32;

} // namespace

/// The parts of a running agent and their wiring. Created once the state directory is locked.
class Agent::Runtime {
public:
    Runtime(AgentOptions const& options, Services& services, StateDirectory state);

    Result<> listen();
    Async<void> run();
    /// Runs after all tasks have ended.
    Async<void> leave();

private:
    Async<void> body();
    void publish(model::TaskStatus status);
    void ownership_changed();
    bool may_act() const;
    StateFile::Services file_services() const;

    AgentOptions const& options_;
    Services& services_;
    StateDirectory state_;
    AgentIdentity identity_;
    TaskGroup group_;

    StatusWriter statuses_;
    HistoryWriter history_;
    Desired desired_;
    Registration registration_;
    HostReporter host_reporter_;
    StateFile executions_file_;
    Inventory inventory_;
    Images images_;
    Semaphore starts_;
    PortAllocator allocator_;
    SupervisorServices supervision_;
    Reconciler reconciler_;
    Collector collector_;
    AgentHttp agent_http_;
    std::optional<net::Server> http_, admin_;

    std::uint64_t wins_ = 0;
    bool ours_ = false;
    bool acting_ = false;
    bool waited_ = false;
    bool const has_snapshot_;
};

Agent::Runtime::Runtime(AgentOptions const& options, Services& services, StateDirectory state)
    : options_(options),
      services_(services),
      state_(std::move(state)),
      identity_{.name = options.name,
                .id = state_.id,
                .env = options.env,
                .dns = options.dns,
                .binds = options.binds,
                .extra_hosts = options.extra_hosts},
      group_(services.executor),
      statuses_(file_services(), services.store, options.name, state_.file("task-status.json")),
      history_(file_services(), services.store, options.name, state_.file("task-history.json"),
               [this](std::string const& job) { return statuses_.find(job) != nullptr; }),
      desired_(file_services(), services.store, options.name, state_.file("task-config.json"),
               state_.file("heliosd.json")),
      registration_(services.executor, services.clock, services.rng, services.store,
                    {options.name, state_.id, options.registration_ttl}),
      host_reporter_(
          {services.executor, services.clock, services.files, services.store, services.engine},
          options),
      executions_file_(file_services(), state_.file("executions.json"), 0s,
                       [this] { return executions_text(reconciler_.executions()); }),
      inventory_(services.executor, services.clock, services.rng, services.engine, state_.id),
      images_(services.executor, services.clock, services.engine),
      starts_(services.executor, parallel_starts),
      allocator_(options.port_range, services.rng, services.probe),
      supervision_{.executor = services.executor,
                   .clock = services.clock,
                   .rng = services.rng,
                   .engine = services.engine,
                   .inventory = inventory_,
                   .images = images_,
                   .starts = starts_,
                   .executions = executions_file_,
                   .agent = identity_,
                   .publish = [this](model::TaskStatus status) { publish(std::move(status)); },
                   .stop_completed = [this] { reconciler_.wake(); }},
      reconciler_(supervision_, statuses_, desired_, allocator_, state_.executions,
                  state_.are_executions_complete),
      collector_(
          services.executor, services.clock, services.engine, inventory_,
          [this] { return reconciler_.cleanup_input(); },
          [this](std::string const& job) { return reconciler_.stop_time(job); }),
      agent_http_(services.clock, services.engine, services.store, desired_, statuses_),
      has_snapshot_(state_.has_snapshot()) {
    statuses_.load(std::move(state_.statuses));
    history_.load(std::move(state_.history));
    desired_.load(std::move(state_.tasks), std::move(state_.own));
    registration_.on_change([this] { ownership_changed(); });
    statuses_.on_parent_missing([this] { registration_.check_again(); });
    host_reporter_.on_parent_missing([this] { registration_.check_again(); });
    inventory_.on_sweep([this] {
        reconciler_.wake();
        collector_.wake();
    });
    desired_.on_change([this] {
        ownership_changed();
        reconciler_.wake();
    });
}

StateFile::Services Agent::Runtime::file_services() const {
    return {services_.executor, services_.clock, services_.rng, services_.files, services_.offload};
}

void Agent::Runtime::publish(model::TaskStatus status) {
    using model::TaskState;
    bool const settled = status.state == TaskState::running || status.state == TaskState::exited ||
                         status.state == TaskState::failed || status.state == TaskState::stopped;
    log::write(settled ? log::Level::info : log::Level::debug, "agent",
               fmt::format("job={} state={} throttled={} container={}",
                           status.job.id.to_short_string(), to_string(status.state),
                           to_string(status.throttled),
                           status.container_id.value_or("none").substr(0, 12)));
    if (options_.history) history_.add(status);
    statuses_.put(std::move(status));
}

/// Writing to the tree requires confirmed ownership of the name. Acting does not: see `may_act`.
void Agent::Runtime::ownership_changed() {
    bool const ours = registration_.ownership() == Ownership::ours;
    if (ours != ours_ || registration_.wins() != wins_) {
        ours_ = ours;
        wins_ = registration_.wins();
        desired_.allow(ours);
        statuses_.allow(ours);
        history_.allow(ours);
        host_reporter_.allow(ours);
    }
    bool const acting = may_act();
    if (acting == acting_) return;
    acting_ = acting;
    if (!acting)
        log::error("agent",
                   "host=\"{}\" belongs to another agent: leaving all containers as they are",
                   options_.name);
    reconciler_.allow(acting);
}

/// An agent that was refused its name never acts. One without an answer from the cluster acts only
/// on the snapshot of an earlier process. One that is acting continues until it is refused.
bool Agent::Runtime::may_act() const {
    if (registration_.ownership() == Ownership::refused) return false;
    if (acting_) return true;
    if (registration_.ownership() == Ownership::ours && desired_.is_synced()) return true;
    return waited_ && has_snapshot_;
}

Result<> Agent::Runtime::listen() {
    auto const open = [this](std::optional<net::Server>& server, net::Endpoint const& endpoint,
                             net::Handler handler, char const* option) -> Result<> {
        // Its pages take no documents and are asked by monitoring systems only.
        net::ServerOptions const modest{.limits = {.body_bytes = 1024, .max_connections = 64}};
        server.emplace(services_.executor, services_.clock, std::move(handler), modest);
        auto const port = server->listen(endpoint);
        if (!port) return std::unexpected(in_context(option, port.error()));
        return {};
    };
    if (options_.http) {
        TRY(open(http_, *options_.http, agent_http_.application(), "--http"));
    }
    if (options_.admin) return open(admin_, *options_.admin, agent_http_.admin(), "--admin");
    return {};
}

Async<void> Agent::Runtime::run() {
    return group_.scope(body());
}

Async<void> Agent::Runtime::body() {
    auto& clock = services_.clock;
    auto& rng = services_.rng;
    auto const service = [&](char const* name, std::function<Async<void>()> make) {
        group_.spawn_service(name, std::move(make), clock, rng);
    };
    service("registration", [this] { return registration_.run(); });
    service("desired tasks", [this] { return desired_.run(); });
    service("statuses", [this] { return statuses_.run(); });
    if (options_.history) service("history", [this] { return history_.run(); });
    service("host reports", [this] { return host_reporter_.run(); });
    service("executions.json", [this] { return executions_file_.run(); });
    service("task-config.json", [this] { return desired_.file().run(); });
    service("heliosd.json", [this] { return desired_.own_file().run(); });
    service("task-status.json", [this] { return statuses_.file().run(); });
    service("task-history.json", [this] { return history_.file().run(); });
    service("docker events", [this] { return inventory_.run(); });
    service("images", [this] { return images_.run(); });
    service("tasks", [this] { return reconciler_.run(); });
    service("cleanup", [this] { return collector_.run(); });
    if (http_) service("http", [this] { return http_->run(); });
    if (admin_) service("admin http", [this] { return admin_->run(); });

    log::info("agent", "started host=\"{}\" id={} state-dir=\"{}\" docker=\"{}\"", options_.name,
              state_.id, options_.state_dir, options_.docker_host);
    co_await clock.sleep(cluster_patience);
    waited_ = true;
    ownership_changed();
    if (!acting_ && registration_.ownership() == Ownership::unknown)
        log::warning("agent", "no word from the cluster yet, and no tasks from an earlier run: "
                              "doing nothing until it answers");
    for (;;) co_await clock.sleep(24h);
}

Async<void> Agent::Runtime::leave() {
    co_await registration_.leave();
    for (auto* file : {&executions_file_, &statuses_.file(), &desired_.file(), &desired_.own_file(),
                       &history_.file()}) {
        auto const written = file->flush();
        if (!written)
            log::error("agent", "cannot bring a state file up to date: {}",
                       written.error().message);
    }
    log::info("agent", "stopped; the containers go on");
}

Agent::Agent(AgentOptions options, Services services)
    : options_(std::move(options)), services_(services) {
}

Agent::~Agent() = default;

Async<Result<>> Agent::run() {
    auto const named = check_name(options_.name);
    if (!named) co_return std::unexpected(in_context("--name", named.error()));
    auto state = CO_TRY(
        open_state_directory(options_, services_.clock.wall(), services_.rng, services_.files));
    if (state.id.empty()) {
        auto restored = restore_agent_id(services_.clock, services_.engine, services_.store,
                                         options_.name, state.statuses);
        auto const known = co_await std::move(restored);
        state.id = known ? *known : random_agent_id(services_.rng);
        CO_TRY(services_.files.write_atomic(state.file("id"), state.id));
    }
    Runtime runtime(options_, services_, std::move(state));
    CO_TRY(runtime.listen());

    co_await finally(runtime.run(), runtime.leave());
    co_return Result<>{};
}

} // namespace heliosd::agent
