// SPDX-License-Identifier: Apache-2.0
#include "base/async/backoff.h"

#include <algorithm>

namespace heliosd {

Duration Backoff::next() {
    if (previous_ == Duration::zero()) {
        previous_ = shortest_;
    } else {
        double const factor = 1.5 + rng_.unit();
        auto const grown = std::chrono::duration_cast<Duration>(previous_ * factor);
        previous_ = std::clamp(grown, shortest_, longest_);
    }
    return previous_;
}

} // namespace heliosd
