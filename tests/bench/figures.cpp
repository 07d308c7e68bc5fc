// SPDX-License-Identifier: Apache-2.0
#include "bench/figures.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace heliosd::bench {

double percentile(std::vector<double> values, double fraction) {
    if (values.empty()) return std::nan("");
    std::ranges::sort(values);
    auto const place = fraction * static_cast<double>(values.size() - 1);
    auto const below = static_cast<std::size_t>(place);
    auto const above = std::min(below + 1, values.size() - 1);
    double const part = place - static_cast<double>(below);
    return values[below] * (1 - part) + values[above] * part;
}

double median(std::vector<double> values) {
    return percentile(std::move(values), 0.5);
}

std::string ms(double value) {
    return fmt::format("{:.1f} ms", value);
}
std::string megabytes(double bytes) {
    return fmt::format("{:.1f} MB", bytes / 1e6);
}
std::string times(double ratio) {
    return fmt::format("{:.2f}x", ratio);
}

bool print(std::vector<Figure> const& figures) {
    std::size_t width[6] = {4, 4, 5, 9, 5, 3};
    for (auto const& f : figures) {
        std::string const* const cells[] = {&f.what,      &f.ours,  &f.floor,
                                            &f.reference, &f.ratio, &f.bar};
        for (int i = 0; i < 6; ++i) width[i] = std::max(width[i], cells[i]->size());
    }
    auto line = [&](auto const&... cells) {
        int i = 0;
        (fmt::print("{:<{}}  ", cells, width[i++]), ...);
        fmt::print("\n");
    };
    line("what", "ours", "floor", "reference", "ratio", "bar");
    bool all = true;
    for (auto const& f : figures) {
        line(f.what, f.ours, f.floor, f.reference, f.ratio, f.bar + (f.met ? "" : "  MISSED"));
        all = all && f.met;
    }
    return all;
}

} // namespace heliosd::bench
