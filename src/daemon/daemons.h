// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/environment.h"

#include <span>

namespace heliosd::daemon {

/// Each runs one daemon with the words behind its name until a signal ends it, and answers the exit
/// status of the process: 0 after a signal or `--help`, 1 when it could not start, with the reason
/// on standard error.
int run_master(std::span<char const* const> words);
int run_agent(std::span<char const* const> words, Environment const& environment);
int run_solo(std::span<char const* const> words, Environment const& environment);

} // namespace heliosd::daemon
