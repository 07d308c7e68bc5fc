// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// Permission bits of an ACL entry, as ZooKeeper numbers them.
enum Permission : int { perm_read = 1, perm_write = 2, perm_create = 4, perm_delete = 8 };

struct AclEntry {
    int permissions = 0;
    std::string scheme, id;
    bool operator==(AclEntry const&) const = default;
};

/// The ACL of a node about to be created at `path`; an empty list is "open to all".
using AclPolicy = std::function<std::vector<AclEntry>(std::string_view path)>;

} // namespace heliosd::store
