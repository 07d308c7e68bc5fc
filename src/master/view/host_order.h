// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace heliosd::master {

/// The order in which peers list hosts: runs of digits by number, the rest much as an English
/// dictionary would (spec/zookeeper.md §6.1).
bool host_less(std::string_view a, std::string_view b);

} // namespace heliosd::master
