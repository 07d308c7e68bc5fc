// SPDX-License-Identifier: Apache-2.0
// A master and an agent on an embedded store, in one process.
#include "daemon/daemons.h"

#include "agent/agent.h"
#include "agent/state/state_directory.h"
#include "base/log.h"
#include "client/solo_file.h"
#include "daemon/docker_users.h"
#include "daemon/options.h"
#include "daemon/process.h"
#include "docker/engine_http.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/sqlite_journal.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace heliosd::daemon {
namespace {

/// The address of the API for clients on this machine: nobody can connect to a wildcard.
std::string local_address(net::Endpoint http, std::uint16_t port) {
    http.port = port;
    if (http.host.empty() || http.host == "0.0.0.0") http.host = "127.0.0.1";
    if (http.host == "::") http.host = "::1";
    return net::to_string(http);
}

/// The file by which `helios` finds this solo. Removes it at the end.
class AddressFile {
public:
    AddressFile(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
    ~AddressFile() {
        [[maybe_unused]] auto removed = client::remove_solo_file(files_, path_, getpid());
    }
    AddressFile(AddressFile const&) = delete;
    AddressFile& operator=(AddressFile const&) = delete;

    Result<> write(std::string http) {
        auto const other = client::read_other_solo_file(files_, path_, getpid());
        if (other && *other)
            return fail(Errc::locked,
                        fmt::format("{} belongs to the solo at {}", path_, (*other)->http));
        return client::write_solo_file(files_, path_, {.http = std::move(http), .pid = getpid()});
    }

private:
    Files& files_;
    std::string path_;
};

/// The names by which clients may address this machine.
std::vector<std::string> names_of_machine(Files& files, std::string const& name) {
    return net::machine_names({node_name(), name}, files.read("/etc/hosts").value_or(""));
}

void print_ready(std::string const& address, std::string const& host) {
    fmt::print("heliosd solo is ready: the API is {}, this host is {}\n"
               "Try: helios create hello:v1 busybox -- sleep 3600\n"
               "     helios deploy hello:v1 {}\n"
               "     helios status\n",
               address, host, host);
    std::fflush(stdout);
}

Async<void> serve_api(master::Master& master) {
    auto const ended = co_await master.run();
    if (!ended) throw std::runtime_error(ended.error().message);
}

Async<Result<>> serve(TaskGroup& tasks, master::Master& master, agent::Agent& agent) {
    tasks.spawn("master", essential(serve_api(master)));
    co_return co_await agent.run();
}

Async<Result<>> solo_body(Runtime& runtime, SoloSetup setup) {
    auto const executor = runtime.loop.get_executor();
    std::string const directory = setup.agent.state_dir;
    auto made = runtime.files.make_directories(directory, Access::owner);
    if (!made) co_return std::unexpected(agent::unusable_state_directory(made.error()));
    auto lock = runtime.files.lock(directory + "/solo.lock");
    if (!lock && lock.error().code == Errc::locked)
        co_return fail(Errc::locked,
                       fmt::format("--state-dir: another heliosd solo runs on {}: stop "
                                   "it, or choose another directory",
                                   directory));
    if (!lock) co_return std::unexpected(agent::unusable_state_directory(lock.error()));

    auto journal = CO_TRY(store::open_sqlite_journal(directory + "/solo.db"));
    auto ensemble = CO_TRY(store::EmbeddedEnsemble::open(executor, runtime.clock, runtime.offload,
                                                         std::move(journal)));
    auto const master_store = ensemble->connect();
    auto const agent_store = ensemble->connect();

    master::MasterOptions options{.name = setup.agent.name, .http = setup.http, .admin = {}};
    options.cross_site = {.allowed_origins = std::move(setup.allowed_origins),
                          .host_names = names_of_machine(runtime.files, setup.agent.name)};
    if (!setup.allow_local_users)
        options.admit_connection = CO_TRY(admit_docker_users(runtime.files, setup.docker));
    master::Master master(executor, *master_store, runtime.clock, runtime.rng, std::move(options));
    auto listening = master.listen();
    if (!listening) co_return listening;
    auto const address = local_address(setup.http, master.http_port());
    AddressFile address_file(runtime.files, setup.solo_file);
    auto written = address_file.write(address);
    if (!written)
        log::warning("solo", "helios will not find this solo by itself, use -z {}: {}", address,
                     written.error().message);

    docker::HttpEngine engine(runtime.http, runtime.clock, setup.docker);
    setup.agent.state_dir = directory + "/agent";
    setup.agent.http.reset();
    setup.agent.admin.reset();
    std::string const host = setup.agent.name;
    agent::Agent agent(std::move(setup.agent), {.executor = executor,
                                                .clock = runtime.clock,
                                                .rng = runtime.rng,
                                                .files = runtime.files,
                                                .offload = runtime.offload,
                                                .store = *agent_store,
                                                .engine = engine});
    print_ready(address, host);
    TaskGroup tasks(executor, end_process);
    co_return co_await tasks.scope(serve(tasks, master, agent));
}

} // namespace

int run_solo(std::span<char const* const> words, Environment const& environment) {
    return run_daemon<SoloSetup>("heliosd solo", read_solo_options(words, environment, node_name()),
                                 solo_body);
}

} // namespace heliosd::daemon
