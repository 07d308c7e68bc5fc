// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::master {

/// `label op operand` over the labels of hosts (spec/job.md §9.1).
struct HostSelector {
    enum class Operator { equals, not_equals, in, not_in };

    std::string label;
    Operator op = Operator::equals;
    std::vector<std::string> operands; ///< exactly one for `equals` and `not_equals`

    /// Nothing when the text does not match the grammar.
    static std::optional<HostSelector> parse(std::string_view text);
    /// Hosts without the label never match, whatever the operator [quirk].
    bool matches(model::StringMap const& labels) const;

    bool operator==(HostSelector const&) const = default;
};

} // namespace heliosd::master
