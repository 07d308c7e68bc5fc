// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/restart_delay.h"

#include <algorithm>

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t counted_runs = 10;
constexpr Duration flap_window = 60s;
constexpr Duration long_run = 10s;

} // namespace

void Flapping::started(SteadyTime at) {
    since_ = at;
}

void Flapping::ended(SteadyTime at) {
    runs_.push_back(since_ ? std::max(at - *since_, Duration::zero()) : Duration::zero());
    if (runs_.size() > counted_runs) runs_.pop_front();
    since_.reset();
}

std::optional<Duration> Flapping::until_calm(SteadyTime now) const {
    if (runs_.size() < counted_runs) return std::nullopt;
    auto total = since_ ? now - *since_ : Duration::zero();
    for (auto const run : runs_) total += run;
    if (total >= flap_window) return std::nullopt;
    return flap_window - total;
}

bool Flapping::is_flapping(SteadyTime now) const {
    return until_calm(now).has_value();
}

Duration restart_delay(model::Throttle throttle, Duration ran) {
    switch (throttle) {
    case model::Throttle::no: return ran >= long_run ? Duration::zero() : Duration(1s);
    case model::Throttle::flapping: return 30s;
    case model::Throttle::image_missing: return 120s;
    case model::Throttle::image_pull_failed: return 30s;
    }
    return 1s;
}

model::Throttle throttle_of(model::Throttle image_failure, bool flapping) {
    if (image_failure != model::Throttle::no) return image_failure;
    return flapping ? model::Throttle::flapping : model::Throttle::no;
}

} // namespace heliosd::agent
