// SPDX-License-Identifier: Apache-2.0
#include "agent/host/host_facts.h"

#include "support/catch.h"

namespace heliosd::agent {
namespace {

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

} // namespace
} // namespace heliosd::agent
