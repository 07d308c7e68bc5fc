// SPDX-License-Identifier: Apache-2.0
#include "agent/docker_time.h"
#include "agent/machine.h"
#include "support/catch.h"

namespace heliosd::agent {
namespace {

using namespace std::chrono_literals;

TEST_CASE("agent: memory and load as the kernel tells them") {
    auto const memory = parse_meminfo("MemTotal:       16303116 kB\nMemFree:         1024 kB\n"
                                      "MemAvailable:    9 kB\nSwapTotal:  2048 kB\n"
                                      "SwapFree:             0 kB\n");
    CHECK(memory.total == 16303116LL * 1024);
    CHECK(memory.free == 1024 * 1024);
    CHECK(memory.swap_total == 2048 * 1024);
    CHECK(memory.swap_free == 0);
    CHECK(parse_meminfo("") == Memory{});
    CHECK(parse_meminfo("MemTotal:").total == 0);
    CHECK(parse_loadavg("0.25 0.30 0.35 1/234 5678\n") == 0.25);
    CHECK(parse_loadavg("") == -1);
}

TEST_CASE("agent: architectures have the names that clients know") {
    CHECK(architecture_name("x86_64") == "amd64");
    CHECK(architecture_name("aarch64") == "aarch64");
}

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
} // namespace heliosd::agent
