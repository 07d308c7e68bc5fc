// SPDX-License-Identifier: Apache-2.0
#include "store/node.h"

#include "base/error_category.h"
#include "base/text.h"

#include <algorithm>

namespace heliosd::store {
namespace {

std::string_view text_of(StoreErrc e) {
    switch (e) {
    case StoreErrc::not_found: return "no such node";
    case StoreErrc::exists: return "the node exists";
    case StoreErrc::version_conflict: return "the node has another version";
    case StoreErrc::not_empty: return "the node has children";
    case StoreErrc::no_auth: return "not permitted";
    case StoreErrc::too_large: return "the request is too large";
    case StoreErrc::bad_path: return "not a valid path";
    case StoreErrc::unavailable: return "the store is unavailable";
    case StoreErrc::outcome_unknown: return "the connection broke during a write";
    case StoreErrc::session_lost: return "the session expired";
    case StoreErrc::closed: return "the store is closed";
    }
    return "unknown store error";
}

} // namespace

std::error_category const& store_category() noexcept {
    static ErrorCategory<StoreErrc, text_of> const category("store");
    return category;
}

bool is_node_name(std::string_view name) {
    if (name.empty() || name == "." || name == "..") return false;
    while (!name.empty()) {
        auto const c = text::take_code_point(name);
        // The ranges of ZooKeeper's PathUtils: controls, surrogates and private use, specials.
        bool const refused = c == '/' || c <= 0x1f || (c >= 0x7f && c <= 0x9f) ||
                             (c >= 0xd800 && c <= 0xf8ff) || (c >= 0xfff0 && c <= 0xffff);
        if (refused) return false;
    }
    return true;
}

bool is_valid_path(std::string_view path) {
    if (path.empty() || path.front() != '/') return false;
    if (path.size() == 1) return true;
    for (std::size_t begin = 1; begin <= path.size();) {
        auto const end = std::min(path.find('/', begin), path.size());
        if (!is_node_name(path.substr(begin, end - begin))) return false;
        begin = end + 1;
    }
    return path.back() != '/';
}

std::string join(std::string_view parent, std::string_view name) {
    std::string path(parent);
    if (name.empty()) return path;
    if (path.empty() || path.back() != '/') path += '/';
    if (name.front() == '/') name.remove_prefix(1);
    path += name;
    return path;
}

std::string_view parent(std::string_view path) {
    auto const slash = path.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return path.substr(0, 1);
    return path.substr(0, slash);
}

std::string_view basename(std::string_view path) {
    auto const slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<Below> below(std::string_view root, std::string_view path) {
    if (path.size() <= root.size() + 1 || !path.starts_with(root) || path[root.size()] != '/')
        return std::nullopt;
    auto const relative = path.substr(root.size() + 1);
    auto const slash = relative.find('/');
    if (slash == std::string_view::npos) return Below{relative, {}};
    return Below{relative.substr(0, slash), relative.substr(slash + 1)};
}

} // namespace heliosd::store
