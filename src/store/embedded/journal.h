// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "store/embedded/tree.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace heliosd::store {

/// What survives a crash of one embedded tree.
class Journal {
public:
    /// The persistent state of the nodes that changed; none: the node is gone.
    struct Node {
        std::string data;
        Stat stat;
    };
    struct Group {
        std::map<std::string, std::optional<Node>> nodes;
        std::int64_t zxid = 0; ///< the last transaction of the group
    };
    struct Content {
        EmbeddedTree::Entries entries;
        std::int64_t zxid = 0;
    };

    virtual ~Journal() = default;

    /// Everything committed so far.
    virtual Result<Content> load() = 0;
    /// Makes the group durable, all of it or nothing. Blocks; called through `Offload`.
    virtual Result<> commit(Group const& group) = 0;
};

} // namespace heliosd::store
