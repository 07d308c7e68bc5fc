// SPDX-License-Identifier: Apache-2.0
#include "docker/docker_time.h"

#include "support/catch.h"

namespace heliosd::docker {
namespace {

using namespace std::chrono_literals;

TEST_CASE("agent: Docker's times") {
    auto const day = std::chrono::sys_days{std::chrono::year{2026} / 1 / 31};
    CHECK(parse_docker_time("2026-01-31T12:00:01.123456789Z") == WallTime(day + 12h + 1123ms));
    CHECK(parse_docker_time("2026-01-31T12:00:00Z") == WallTime(day + 12h));
    CHECK(parse_docker_time("2026-01-31T12:00:00.5+01:30") == WallTime(day + 10h + 30min + 500ms));
    CHECK(parse_docker_time("2026-01-31T12:00:00-01:00") == WallTime(day + 13h));
    for (auto const* text : {"", "0001-01-01T00:00:00Z", "2026-02-30T12:00:00Z",
                             "2026-01-31T12:00:00", "2026-01-31 12:00:00Z", "2026-01-31T12:00Z",
                             "2026-01-31T12:00:00Zx", "2026-01-31T12:00:00+1:00"})
        CHECK(!parse_docker_time(text));
}

} // namespace
} // namespace heliosd::docker
