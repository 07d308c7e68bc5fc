// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/node.h"

#include <memory>
#include <vector>

namespace heliosd::master {

/// What a write has sent so far. The operation shares it with its caller, who needs it also after
/// giving up on the operation: to refresh what was touched, and to say whether anything may have
/// happened.
struct WriteLog {
    std::vector<store::Op> ops; ///< of every multi that was sent, successful or not
    bool was_sent() const { return !ops.empty(); }
};
using WriteLogPtr = std::shared_ptr<WriteLog>;

} // namespace heliosd::master
