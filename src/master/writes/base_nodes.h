// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.h"

namespace heliosd::master {

/// Makes what all else stands below (spec/zookeeper.md §2), where it is missing.
Async<Result<>> ensure_base_nodes(store::Store& store);

} // namespace heliosd::master
