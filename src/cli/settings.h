// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/environment.h"
#include "base/files.h"
#include "base/options/options.h"
#include "client/address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Everything that is decided once, before a command runs. Only settings.cpp reads the environment,
/// the global options and the user's files.
namespace heliosd::cli {

/// What the process was started with.
struct Process {
    Environment environment;
    std::uint32_t uid = 0;
    bool out_is_terminal = false;
};

/// A cluster to talk to, named as the user wrote it.
struct Target {
    std::string name;
    client::MasterAddress address;
};

struct Settings {
    std::vector<Target> targets;
    std::string targets_source; ///< for users who ask with `-v`
    std::string user;
    std::optional<Duration> attempt_limit; ///< nothing: no limit
    Duration retry_limit{};
    bool retry_limit_given = false; ///< by an option or a variable
    /// The resolver's search list, without final dots (spec/cli.md §8.2).
    std::vector<std::string> search_domains;
    std::optional<std::string> git_commit; ///< `GIT_COMMIT`: metadata of new jobs
    bool json = false;
    int verbosity = 0;
    bool out_is_terminal = false;
};

/// Targets are those of the first source that has any: `-z`, HELIOS_MASTER, the config file, a
/// local solo (spec/cli.md §3.1). None is no error here. A broken variable or file is one, even
/// when `-z` makes it irrelevant [quirk]. Also applies `TZ`, in which times are shown and read.
Result<Settings> make_settings(options::Parsed const& options, Process const& process,
                               Files& files);

/// How wide help may be: `COLUMNS`, or 79. Apart from the settings because help is shown even when
/// those cannot be made.
std::size_t help_width(Process const& process);

/// The search list in the text of a resolv.conf: the last `search` or `domain` line counts.
std::vector<std::string> search_domains(std::string_view resolv_conf);

} // namespace heliosd::cli
