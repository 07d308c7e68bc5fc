// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "base/async/concurrently.h"

namespace heliosd::store {
namespace {

using Names = std::vector<std::string>;

/// Nothing when the node has vanished.
Async<Result<std::optional<Names>>> names_below(Store& store, std::string path) {
    auto names = co_await store.children(std::move(path));
    if (names) co_return std::optional(std::move(*names));
    if (names.error().code == StoreErrc::not_found) co_return std::optional<Names>{};
    co_return std::unexpected(std::move(names.error()));
}

} // namespace

Result<> as_result(MultiResult const& outcome) {
    if (outcome) return {};
    return std::unexpected(outcome.error().error);
}

Async<Result<Session>> next_session(Store& store, Session seen) {
    co_return co_await store.session_changed(seen);
}

Async<Result<>> ensure_path(Store& store, std::string path) {
    // Nearly always the node or its parent is there: start at the deep end.
    std::vector<std::string> missing{path};
    while (!missing.empty()) {
        auto const made = co_await store.create(missing.back(), "");
        if (made || made.error().code == StoreErrc::exists) {
            missing.pop_back();
            continue;
        }
        if (made.error().code == StoreErrc::not_found && missing.back() != "/") {
            // The parent is missing; a second turn for the same node means that somebody removes
            // what we create, and that the root itself is missing (a chroot nobody made).
            std::string above(parent(missing.back()));
            if (above == "/") co_return std::unexpected(made.error());
            missing.push_back(std::move(above));
            continue;
        }
        if (made.error().code == StoreErrc::no_auth) {
            // Servers look at the permission to create before they see that the node exists.
            auto const there = co_await store.exists(missing.back());
            if (there && *there) {
                missing.pop_back();
                continue;
            }
        }
        co_return std::unexpected(made.error());
    }
    co_return Result<>{};
}

Async<Result<std::vector<std::string>>> list_tree(Store& store, std::string path) {
    std::vector<std::string> found, level{std::move(path)};
    auto const list = [&store](std::string node) { return names_below(store, std::move(node)); };
    // Breadth first, a level at a time.
    while (!level.empty()) {
        auto const names = CO_TRY(co_await concurrently(reads_at_once, level, list));
        std::vector<std::string> below;
        for (std::size_t i = 0; i < level.size(); ++i) {
            if (!(names)[i]) continue;
            for (auto const& name : *(names)[i]) below.push_back(join(level[i], name));
            found.push_back(std::move(level[i]));
        }
        level = std::move(below);
    }
    co_return found;
}

} // namespace heliosd::store
