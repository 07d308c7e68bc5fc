// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace heliosd::master {

/// The order of host names that all masters must agree on (spec/zookeeper.md §6.1, rollouts.md
/// §2.4): runs of digits by value, text by an English collation. It is total. The reference's is
/// not even transitive; the two differ only for names that tie through zero padding.
bool host_less(std::string_view a, std::string_view b);

/// The same for ordered containers.
struct HostOrder {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return host_less(a, b); }
};

} // namespace heliosd::master
