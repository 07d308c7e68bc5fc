// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/options.h"
#include "base/environment.h"
#include "master/master.h"
#include "net/endpoint.h"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// The command lines of the daemons (spec/operations.md §2–6). Each reader answers what to run
/// with, or the help text that was asked for. Errors are whole messages for standard error: for a
/// word that cannot be read the usage and `PROGRAM: error: …`, else one sentence.
namespace heliosd::daemon {

/// Where the shared tree is.
struct ZooKeeperSetup {
    std::string servers;
    Duration session_timeout{};
    std::optional<std::string> cluster_id; ///< refuse an ensemble without `/config/id/<this>`
};

struct MasterSetup {
    master::MasterOptions options;
    ZooKeeperSetup zk;
    std::string state_dir;
    int verbosity = 0;
};

struct AgentSetup {
    agent::AgentOptions options;
    ZooKeeperSetup zk;
    net::Endpoint docker;
    int verbosity = 0;
};

/// One machine: the agent's options, and where the API listens.
struct SoloSetup {
    agent::AgentOptions agent;
    net::Endpoint http, docker;
    std::string solo_file; ///< by which `helios` on this machine finds it
    std::vector<std::string> allowed_origins;
    bool allow_local_users = false;
    int verbosity = 0;
};

using Words = std::span<char const* const>;
template <class Setup> using Read = Result<std::variant<Setup, std::string>>;

/// `environment` and `host`, what `uname -n` says, are where defaults come from.
Read<MasterSetup> read_master_options(Words words, std::string const& host);
Read<AgentSetup> read_agent_options(Words words, Environment const& environment,
                                    std::string const& host);
Read<SoloSetup> read_solo_options(Words words, Environment const& environment,
                                  std::string const& host);

} // namespace heliosd::daemon
