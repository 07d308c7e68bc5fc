// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/agent.h"
#include "base/async/offload.h"
#include "base/async/task_group.h"
#include "base/files.h"
#include "master/api/api.h"
#include "master/view/cluster_mirror.h"
#include "master/workers/expired_jobs.h"
#include "master/workers/history_cleaner.h"
#include "master/workers/registration.h"
#include "sim/docker_host.h"
#include "sim/lagging_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace heliosd::sim {

/// The moments at which a process may crash: before and after everything it does to the world. They
/// are counted, and at the one chosen the process is dead at once.
struct CrashPoints {
    int passed = 0;
    int chosen = 0; ///< from 1 on; 0: none
    std::function<void()> die;

    void pass() {
        if (++passed == chosen && die) die();
    }
};

/// What the simulated processes share.
struct Site {
    Executor executor;
    Clock& clock;
    Ensemble& ensemble;
    Trace& trace;
    LaggingStore::Options store;
};

/// A machine with an agent: its state directory, its Docker daemon, and the agent while it runs.
class AgentProcess {
public:
    AgentProcess(Site site, DockerHost& docker, std::uint64_t seed);
    ~AgentProcess();

    std::string const& name() const { return docker_.name(); }
    DockerHost& docker() { return docker_; }
    void boot();
    /// As SIGTERM.
    Async<void> shut_down();
    /// As SIGKILL: whatever it was doing, nothing of it happens any more.
    Async<void> crash();
    /// The first half of `crash`, for who is called by the process itself.
    void die();
    bool is_up() const { return life_ != nullptr; }
    LaggingStore* store();

    MemoryFiles files;
    /// Calls to Docker and changes of files.
    CrashPoints crash_points;

private:
    struct Life;
    static Async<void> run(std::shared_ptr<Life> life);

    Site site_;
    DockerHost& docker_;
    SeededRng rng_;
    InlineOffload offload_;
    std::shared_ptr<Life> life_;
};

/// An answer of the API, read to its end; nothing when the master went away.
struct ApiReply {
    int status = 0;
    std::string body;
    /// The member `status` of the document; empty when there is none.
    std::string word() const;
};

/// A master without sockets.
class MasterProcess {
public:
    MasterProcess(Site site, std::string name, std::uint64_t seed);
    ~MasterProcess();

    std::string const& name() const { return name_; }
    void boot();
    Async<void> shut_down();
    Async<void> crash();
    void die();
    bool is_up() const { return life_ != nullptr; }
    LaggingStore* store();
    /// Its writes to the store: before one is sent, when it is committed, and when it is answered.
    CrashPoints crash_points;

    /// One request, as a client that waits ten seconds sends it.
    Async<Result<ApiReply>> call(std::string method, std::string target, std::string body = "");

private:
    struct Life;
    struct Exchange;
    static Async<void> answer(std::shared_ptr<Life> life, net::Request request,
                              std::shared_ptr<Exchange> exchange);

    Site site_;
    std::string name_;
    SeededRng rng_;
    std::shared_ptr<Life> life_;
};

} // namespace heliosd::sim
