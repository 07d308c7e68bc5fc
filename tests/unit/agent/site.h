// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/agent.h"
#include "agent/state/executions.h"
#include "base/async/task_group.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/ensemble.h"
#include "support/fake_engine.h"
#include "support/run.h"
#include "unit/agent/jobs.h"
#include "unit/agent/log_lines.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::agent::test {

using heliosd::test::Call;
using heliosd::test::FakeEngine;
using heliosd::test::World;

/// One machine in the cluster of a `Site`: an agent, its state directory, its session.
class Machine {
public:
    Machine(World& world, store::EmbeddedEnsemble& ensemble, FakeEngine& engine, std::string name);

    /// Starts the agent; `id` is what `--id` says; empty: nothing.
    void boot(std::string id = "AGENT1");
    /// As SIGTERM does.
    Async<void> shut_down();
    /// As `kill -9` does: nothing more is written; containers and files stay as they are.
    Async<void> crash();
    bool is_up() const { return group_.size() > 0; }
    /// How the last run ended, if it did.
    std::optional<Result<>> const& outcome() const { return outcome_; }

    MemoryFiles files;
    std::unique_ptr<store::EmbeddedStore> store;
    AgentOptions options;

private:
    Async<void> run();

    World& world_;
    store::EmbeddedEnsemble& ensemble_;
    FakeEngine& engine_;
    SeededRng rng_{42};
    InlineOffload offload_;
    TaskGroup group_;
    std::optional<Agent> agent_;
    std::optional<Result<>> outcome_;
};

/// A cluster in a box, on virtual time: a tree, a Docker and a machine `h1`. The test plays the
/// master by writing the tree.
class Site {
public:
    Site();

    /// Runs a scenario, then ends what still runs.
    void run(Async<void> scenario);

    /// Registers the job and deploys it to `host`.
    Async<void> deploy(model::Job job, model::Goal goal = model::Goal::start,
                       std::string host = "h1");
    /// Deploys it and waits until it runs; answers its container.
    Async<std::string> start(model::Job job);
    Async<void> set_goal(model::Job job, model::Goal goal);
    Async<void> undeploy(model::Job job);
    /// The node and all below it.
    Async<void> remove_tree(std::string root);

    Async<void> sleep(Duration length) { return world.clock.sleep(length); }
    /// Waits for the published status to be in `state`; false after `limit`.
    Async<bool> reaches(model::Job job, model::TaskState state,
                        Duration limit = std::chrono::seconds{10});
    /// As masters see it.
    Async<std::optional<model::TaskStatus>> status(model::Job job);
    /// All states of the job that history tells, `RUNNING`, or `FAILED/IMAGE_MISSING`.
    Async<std::vector<std::string>> history(model::Job job);
    Async<bool> exists(std::string path);
    Async<std::string> data(std::string path);

    LogLines log;
    World world;
    SeededRng rng{7};
    InlineOffload offload;
    FakeEngine engine{world.executor(), world.clock, rng};
    store::EmbeddedEnsemble ensemble{world.executor(), world.clock, offload};
    std::unique_ptr<store::EmbeddedStore> master;
    Machine h1;

private:
    Async<void> play(Async<void> scenario);
};

} // namespace heliosd::agent::test
