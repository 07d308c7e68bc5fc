// SPDX-License-Identifier: Apache-2.0
#include "store/follow_state.h"

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

/// Where the paths strictly below `path` begin.
std::string first_below(std::string_view path) {
    return path == "/" ? "/" : std::string(path) + '/';
}

bool is_below(std::string_view path, std::string const& prefix) {
    return path.size() > prefix.size() && path.starts_with(prefix);
}

} // namespace

FollowState::FollowState(std::string root, Scope scope)
    : root_(std::move(root)), scope_(std::move(scope)) {
}

Interest FollowState::interest(std::string_view path) const {
    if (path == root_) return scope_(path);
    auto const prefix = first_below(root_);
    if (!is_below(path, prefix)) return {};
    if (!scope_(root_).children) return {};
    for (auto slash = path.find('/', prefix.size()); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        if (!scope_(path.substr(0, slash)).children) return {};
    }
    return scope_(path);
}

void FollowState::observe(std::string const& path, std::optional<Node> node) {
    auto const wanted = interest(path);
    if (!wanted.data && !wanted.children) return;
    if (!node) {
        // Only its own kin goes with it; the list is short, so collect before erasing.
        auto const prefix = first_below(path);
        std::vector<std::string> gone;
        for (auto it = seen_.upper_bound(prefix); it != seen_.end() && is_below(it->first, prefix);
             ++it)
            gone.push_back(it->first);
        for (auto const& below : gone) forget(below);
        forget(path);
        return;
    }
    auto const it = seen_.find(path);
    if (it == seen_.end()) {
        // Waiting to be told as gone means that the reader still knows the former node.
        bool const reader_knows = pending_.contains(path);
        seen_.emplace(path, Seen(node->stat, reader_knows));
    } else {
        Seen& seen = it->second;
        bool const same = node->stat.czxid == seen.czxid && node->stat.ctime == seen.ctime;
        bool const unchanged = node->stat.mzxid == seen.mzxid && node->stat.mtime == seen.mtime;
        if (same && (unchanged || !wanted.data)) return;
        seen = Seen(node->stat, seen.told);
    }
    pending_[path] = std::move(node);
}

std::vector<std::string> FollowState::observe_children(std::string const& path,
                                                       std::vector<std::string> const& names,
                                                       std::int64_t as_of) {
    std::vector<std::string> listed;
    for (auto const& name : names) listed.push_back(join(path, name));
    std::sort(listed.begin(), listed.end());

    auto const prefix = first_below(path);
    std::vector<std::string> gone;
    for (auto it = seen_.upper_bound(prefix); it != seen_.end() && is_below(it->first, prefix);) {
        auto const slash = it->first.find('/', prefix.size());
        if (slash != std::string::npos) {
            // Over the whole subtree of this child: '0' follows '/'.
            it = seen_.lower_bound(it->first.substr(0, slash) + '0');
            continue;
        }
        bool const mentioned = std::binary_search(listed.begin(), listed.end(), it->first);
        if (!mentioned && it->second.czxid <= as_of) gone.push_back(it->first);
        ++it;
    }
    for (auto const& child : gone) observe(child, std::nullopt);

    std::erase_if(listed, [this](std::string const& child) {
        if (knows(child)) return true;
        auto const wanted = interest(child);
        return !wanted.data && !wanted.children;
    });
    return listed;
}

std::vector<std::string> FollowState::known() const {
    std::vector<std::string> paths;
    for (auto const& [path, seen] : seen_) paths.push_back(path);
    return paths;
}

Batch FollowState::take() {
    Batch batch{!told_snapshot_, {}};
    if (batch.snapshot && !knows(root_)) batch.changes.push_back({root_, std::nullopt});
    for (auto& [path, node] : std::exchange(pending_, {}))
        batch.changes.push_back(told(path, std::move(node)));
    told_snapshot_ = true;
    return batch;
}

std::vector<Change> FollowState::take(std::vector<std::string> const& paths) {
    std::vector<std::string> sorted = paths;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::vector<Change> changes;
    for (auto const& path : sorted) {
        auto const it = pending_.find(path);
        if (it == pending_.end()) continue;
        if (told_snapshot_) {
            changes.push_back(told(path, std::move(it->second)));
            pending_.erase(it);
        } else {
            changes.push_back({path, it->second});
        }
    }
    return changes;
}

void FollowState::forget(std::string const& path) {
    auto const it = seen_.find(path);
    if (it == seen_.end()) return;
    if (it->second.told)
        pending_[path] = std::nullopt;
    else
        pending_.erase(path);
    seen_.erase(it);
    if (on_forget_) on_forget_(path);
}

Change FollowState::told(std::string const& path, std::optional<Node> node) {
    if (auto const it = seen_.find(path); it != seen_.end()) it->second.told = true;
    return {path, std::move(node)};
}

} // namespace heliosd::store
