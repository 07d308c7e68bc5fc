// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/within.h"
#include "store/store.h"

#include "support/catch.h"

#include <map>
#include <string>

namespace heliosd::test {

/// What the reader of a follower knows: path → data.
struct ClusterView {
    std::map<std::string, std::string> nodes;
    int batches = 0;

    void apply(std::vector<store::Change> const& changes) {
        std::string last;
        for (auto const& change : changes) {
            CHECK(change.path > last); // each path once, parents before children
            last = change.path;
            if (change.node)
                nodes[change.path] = change.node->data;
            else
                nodes.erase(change.path);
        }
    }
    void apply(store::Batch const& batch) {
        CHECK(batch.snapshot == (batches == 0));
        CHECK(!batch.changes.empty());
        ++batches;
        apply(batch.changes);
    }
};

/// Reads the follower until the picture is `wanted`; gives up after 20 s.
inline Async<bool> becomes(Clock& clock, store::Follower& follower, ClusterView& picture,
                           std::map<std::string, std::string> wanted) {
    auto const deadline = clock.now() + std::chrono::seconds{20};
    while (picture.batches == 0 || picture.nodes != wanted) {
        auto next = follower.next();
        auto const batch = co_await within(clock, deadline - clock.now(), std::move(next));
        if (!batch) {
            UNSCOPED_INFO("the follower says " << batch.error().message);
            for (auto const& [path, data] : picture.nodes) UNSCOPED_INFO(path << " = " << data);
            co_return false;
        }
        picture.apply(*batch);
    }
    co_return true;
}

} // namespace heliosd::test
