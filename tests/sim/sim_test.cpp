// SPDX-License-Identifier: Apache-2.0
// Drills from seeds. HELIOSD_SIM_SEEDS: how many; HELIOSD_SIM_SEED: this one only, with its trace
// and the log of the product.
#include "base/log.h"
#include "sim/drill.h"
#include "support/catch.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <optional>

namespace heliosd::sim {
namespace {

std::optional<std::uint64_t> number_from(char const* variable) {
    auto const* const text = std::getenv(variable);
    if (!text || !*text) return std::nullopt;
    return std::strtoull(text, nullptr, 10);
}

/// The product's own lines are noise unless somebody replays a seed.
struct Quiet {
    Quiet() {
        log::set_sink([](std::string_view) {});
        log::set_level(log::Level::error);
    }
    ~Quiet() {
        log::set_level(log::Level::info);
        log::set_sink({});
    }
};

} // namespace

TEST_CASE("sim: a cluster survives its storms", "[drill]") {
    Quiet const quiet;
    auto const only = number_from("HELIOSD_SIM_SEED");
    auto const first = only ? *only : number_from("HELIOSD_SIM_FIRST").value_or(1);
    auto const count = only ? 1 : number_from("HELIOSD_SIM_SEEDS").value_or(200);
    Duration longest{};
    int operations = 0;
    for (auto seed = first; seed < first + count; ++seed) {
        Drill drill(seed, only ? 100000 : 60);
        if (only) drill.narrate();
        auto const report = drill.run();
        longest = std::max(longest, report.converged);
        operations += report.operations;
        if (only) std::cout << report.story;
        if (report.problem.empty()) continue;
        std::cout << fmt::format("seed {}: {}\n", seed, report.problem);
        UNSCOPED_INFO(report.story);
        UNSCOPED_INFO(fmt::format("seed {}: {}", seed, report.problem));
        CHECK(report.problem.empty());
    }
    std::cout << fmt::format(
        "{} seeds, {} operations, slowest convergence {} ms\n", count, operations,
        std::chrono::duration_cast<std::chrono::milliseconds>(longest).count());
}

TEST_CASE("sim: the same seed has the same trace") {
    Quiet const quiet;
    for (std::uint64_t const seed : {1u, 2u, 3u}) {
        auto const once = Drill(seed, 10).run();
        auto const again = Drill(seed, 10).run();
        CHECK(once.hash == again.hash);
        CHECK(Drill(seed + 100, 10).run().hash != once.hash);
    }
}

} // namespace heliosd::sim
