// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"

#include <vector>

namespace heliosd {

/// Suspends until the process receives one of `signals`; answers which. While nobody waits, signals
/// do what they do by default: a second SIGTERM during shutdown ends the process.
Async<int> next_signal(std::vector<int> signals);

} // namespace heliosd
