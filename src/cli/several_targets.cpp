// SPDX-License-Identifier: Apache-2.0
#include "cli/several_targets.h"

#include "base/text.h"
#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::cli {

std::string target_header(std::string_view name, std::vector<std::string> const& endpoints) {
    auto const title = fmt::format("{} ({})", name, bracketed(endpoints));
    return title + "\n" + std::string(text::to_utf16(title).size(), '-') + "\n";
}

std::string before_target(TargetPlace place, std::string_view name,
                          std::vector<std::string> const& endpoints) {
    if (place.count == 1) return "";
    if (!place.json) return target_header(name, endpoints);
    return fmt::format("{}\"{}\": \n", place.index == 0 ? "{\n" : "", name);
}

std::string after_target(TargetPlace place) {
    if (place.count == 1) return "";
    if (!place.json) return "\n";
    return place.index + 1 < place.count ? ",\n\n" : "}\n";
}

int overall_exit_code(std::vector<int> const& codes) {
    return std::all_of(codes.begin(), codes.end(), [](int code) { return code == 0; }) ? 0 : 1;
}

} // namespace heliosd::cli
