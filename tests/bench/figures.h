// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace heliosd::bench {

/// One line of the table: what was measured, ours beside the floor that physics and Docker set.
struct Figure {
    std::string what;
    std::string ours, floor, reference;
    std::string ratio; ///< or the difference, where that says more
    std::string bar;   ///< what we promise
    bool met = true;
};

double median(std::vector<double> values);
double percentile(std::vector<double> values, double fraction);

/// `12.3 ms`, `4.5 MB`.
std::string ms(double value);
std::string megabytes(double bytes);
std::string times(double ratio);

/// Prints the table; returns whether every bar is met.
bool print(std::vector<Figure> const& figures);

} // namespace heliosd::bench
