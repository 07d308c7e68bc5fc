// SPDX-License-Identifier: Apache-2.0
#include "agent/tasks/restart_delay.h"

#include "support/catch.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;
using model::Throttle;

SteadyTime at(Duration since_zero) {
    return SteadyTime{since_zero};
}

void die_often(Flapping& flapping, int times, Duration run) {
    for (int i = 0; i < times; ++i) {
        flapping.started(at(i * run));
        flapping.ended(at((i + 1) * run));
    }
}

TEST_CASE("agent: ten runs of less than a minute together are flapping, nine are not") {
    Flapping flapping;
    die_often(flapping, 9, 1s);
    CHECK(!flapping.is_flapping(at(9s)));
    die_often(flapping, 1, 1s);
    CHECK(flapping.is_flapping(at(10s)));
    CHECK(flapping.until_calm(at(10s)) == Duration(50s));
}

TEST_CASE("agent: exactly a minute is not flapping") {
    Flapping flapping;
    die_often(flapping, 10, 6s);
    CHECK(!flapping.is_flapping(at(60s)));
}

TEST_CASE("agent: flapping ends while the container runs, without a restart") {
    Flapping flapping;
    die_often(flapping, 10, 1s);
    flapping.started(at(100s));
    CHECK(flapping.until_calm(at(120s)) == Duration(30s));
    CHECK(flapping.is_flapping(at(149s)));
    CHECK(!flapping.is_flapping(at(150s)));
}

TEST_CASE("agent: only the last ten runs count") {
    Flapping flapping;
    die_often(flapping, 1, 1h);
    die_often(flapping, 10, 1s);
    CHECK(flapping.is_flapping(at(0s)));
}

TEST_CASE("agent: an end without a start is a run of no length, and sums do not overflow") {
    Flapping flapping;
    for (int i = 0; i < 10; ++i) flapping.ended(at(24h * 365 * 50));
    CHECK(flapping.is_flapping(at(24h * 365 * 50)));
    die_often(flapping, 10, 24h * 365);
    CHECK(!flapping.is_flapping(at(24h * 365 * 10)));
}

TEST_CASE("agent: the pause before a restart") {
    CHECK(restart_delay(Throttle::no, 10s) == 0s);
    CHECK(restart_delay(Throttle::no, 9999ms) == 1s);
    CHECK(restart_delay(Throttle::flapping, 10s) == 30s);
    CHECK(restart_delay(Throttle::image_missing, 0s) == 120s);
    CHECK(restart_delay(Throttle::image_pull_failed, 0s) == 30s);
}

TEST_CASE("agent: a missing image counts more than flapping") {
    CHECK(throttle_of(Throttle::image_missing, true) == Throttle::image_missing);
    CHECK(throttle_of(Throttle::no, true) == Throttle::flapping);
    CHECK(throttle_of(Throttle::no, false) == Throttle::no);
}

} // namespace
} // namespace heliosd::agent
