// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace heliosd::net {

/// Raises the soft limit of open descriptors to the hard limit. Called once at the start of a
/// daemon.
void raise_descriptor_limit();

/// The soft limit of open descriptors.
std::size_t descriptor_limit();

/// How many clients a server may have when the process may open `descriptors`: a share is reserved
/// for ZooKeeper, Docker and files, so that clients cannot starve what the daemon itself needs.
std::size_t connection_limit(std::size_t descriptors, std::size_t wanted);

} // namespace heliosd::net
