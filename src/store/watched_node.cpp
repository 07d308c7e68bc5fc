// SPDX-License-Identifier: Apache-2.0
#include "store/watched_node.h"

#include <algorithm>

namespace heliosd::store {

WatchedNode::WatchedNode(WatchedNode* parent_node, std::string_view own_name, Interest wanted)
    : parent(parent_node), name(own_name), interest(wanted) {
}

std::string WatchedNode::path() const {
    if (!parent) return name;
    auto path = parent->path();
    if (path.back() != '/') path += '/';
    path += name;
    return path;
}

std::vector<std::unique_ptr<WatchedNode>>::iterator WatchedNode::place_of(std::string_view child) {
    return std::lower_bound(
        children->nodes.begin(), children->nodes.end(), child,
        [](auto const& one, std::string_view wanted) { return one->name < wanted; });
}

WatchedNode* WatchedNode::find(std::string_view child) const {
    if (!children) return nullptr;
    auto const place = const_cast<WatchedNode*>(this)->place_of(child);
    if (place == children->nodes.end() || (*place)->name != child) return nullptr;
    return place->get();
}

bool WatchedNode::is_listed() const {
    return parent && listed != 0 && parent->children && parent->children->serial == listed;
}

} // namespace heliosd::store
