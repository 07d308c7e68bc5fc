// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace heliosd::model {

/// The elements without duplicates in the iteration order of a `java.util.HashSet` they were put
/// into one by one (spec/job.md §5.4). Ids of jobs with capabilities depend on it.
std::vector<std::string> java_set_order(std::vector<std::string> const& elements);

} // namespace heliosd::model
