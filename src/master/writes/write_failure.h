// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

namespace heliosd::master {

/// What a failed write means for its caller.
enum class WriteFailure {
    refused,         ///< the tree was not as expected: read it to find out why
    outcome_unknown, ///< it may have happened: read the tree to find out
    fatal,           ///< no connection, no permission, …: report it
};
WriteFailure classify(Error const& error);

} // namespace heliosd::master
