// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

/// Work that grows with the cluster and has to be done before an answer can begin, in small steps,
/// so that no request holds up the loop.
namespace heliosd::master {

/// How many hosts or names one step deals with.
inline constexpr std::size_t items_per_turn = 500;

/// Calls `step` until it answers that there is no more to do; in between, others get their turn.
Async<void> in_turns(std::function<bool()> step);

/// The distinct texts in the order of the documents.
Async<std::vector<std::string>> sort_in_turns(std::vector<std::string> texts);

} // namespace heliosd::master
