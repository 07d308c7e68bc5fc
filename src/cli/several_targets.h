// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What is printed around the outputs of a command that runs on several targets (spec/cli.md §9);
/// with one target, nothing.
namespace heliosd::cli {

/// `NAME ([ENDPOINT, ENDPOINT])` and a line of `-` below it.
std::string target_header(std::string_view name, std::vector<std::string> const& endpoints);

struct TargetPlace {
    std::size_t index = 0, count = 1;
    bool json = false;
};

/// What is printed before and after the output of one target.
std::string before_target(TargetPlace place, std::string_view name,
                          std::vector<std::string> const& endpoints);
std::string after_target(TargetPlace place);

/// 1 if anything failed anywhere.
int overall_exit_code(std::vector<int> const& codes);

} // namespace heliosd::cli
