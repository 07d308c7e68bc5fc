// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"
#include "client/address.h"

#include <string>
#include <vector>

namespace heliosd::cli {

/// A cluster to talk to, named as the user wrote it.
struct Target {
    std::string name;
    client::MasterAddress address;
};

/// Where the targets came from, for people who ask with -v.
struct Targets {
    std::vector<Target> targets;
    std::string source;
};

/// The targets of the first source that has any: `-z`, HELIOS_MASTER, the config file, a local solo
/// (spec/cli.md §3.1). None is no error here. A broken variable or file is one, even when `-z`
/// makes it irrelevant [quirk].
Result<Targets> find_targets(Surroundings& world, std::vector<std::string> const& masters);

} // namespace heliosd::cli
