// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/acl.h"
#include "store/node.h"

#include <cstddef>
#include <span>

namespace heliosd::store {

/// The most a server takes in one packet (`jute.maxbuffer`). It answers a longer one by dropping
/// the connection, and with it everybody else's requests, so we refuse before sending.
inline constexpr std::size_t max_request_size = 0xfffff;

/// Bytes of a single operation on the wire; `acl_size` is what the ACL of a created node takes.
std::size_t request_size(Op const& op, std::size_t acl_size);
/// Bytes of a multi on the wire.
std::size_t request_size(std::span<Op const> ops, std::size_t acl_size);
/// Bytes of an ACL on the wire; an empty list travels as "open to all".
std::size_t acl_size(std::span<AclEntry const> acl);

/// The refusal of a request of `size` bytes.
Error too_large(std::size_t size);

/// The path an operation is about.
std::string const& path_of(Op const& op);

/// The first operation whose path ZooKeeper would refuse.
std::optional<MultiError> check_paths(std::span<Op const> ops);
Result<> check_path(std::string_view path);

} // namespace heliosd::store
