// SPDX-License-Identifier: Apache-2.0
#include "base/async/within.h"

#include <fmt/format.h>

namespace heliosd::detail {

std::unexpected<Error> timed_out(Duration limit) {
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
    return fail(Errc::timed_out, fmt::format("no answer within {} ms", ms));
}

} // namespace heliosd::detail
