// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

namespace heliosd::master {

/// Creates the top-level nodes (spec/zookeeper.md §2) that do not exist yet.
Async<Result<>> ensure_base_nodes(store::Store& store);

} // namespace heliosd::master
