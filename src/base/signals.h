// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async.h"

#include <initializer_list>

namespace heliosd {

/// Suspends until the process receives one of `signals`; answers which.
Async<int> next_signal(std::initializer_list<int> signals);

} // namespace heliosd
