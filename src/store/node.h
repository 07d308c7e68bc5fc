// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// Nodes of the tree, and what can be done to one.
namespace heliosd::store {

enum class StoreErrc {
    not_found = 1,    ///< no such node (or no parent)
    exists,           ///< create: the node is there
    version_conflict, ///< set, remove, check: the node has another version
    not_empty,        ///< remove: the node has children
    no_auth,          ///< the ACL forbids it
    too_large,        ///< the request exceeds the servers' limit (1 MiB)
    bad_path,         ///< not a valid path (spec/zookeeper.md §1.4)
    unavailable,      ///< not connected: nothing happened, try again later
    outcome_unknown,  ///< the connection broke: the write may or may not have happened (§12.2)
    session_lost,     ///< the session expired; ephemerals are gone
    closed,           ///< this store has been shut down
};

std::error_category const& store_category() noexcept;
inline std::error_code make_error_code(StoreErrc e) noexcept {
    return {static_cast<int>(e), store_category()};
}

/// What ZooKeeper knows of a node. Times are the server's, in ms since the epoch.
struct Stat {
    std::int64_t czxid = 0, mzxid = 0, pzxid = 0;
    std::int64_t ctime = 0, mtime = 0;
    std::int32_t version = 0, cversion = 0, aversion = 0;
    std::int64_t ephemeral_owner = 0; ///< session id; 0 for a persistent node
    std::int32_t data_length = 0, num_children = 0;
    bool operator==(Stat const&) const = default;
};

struct Node {
    std::string data;
    Stat stat;
};

enum class CreateMode { persistent, ephemeral };

inline constexpr std::int32_t any_version = -1;

/// One operation of a multi.
struct Create {
    std::string path, data;
    CreateMode mode = CreateMode::persistent;
};
struct Set {
    std::string path, data;
    std::int32_t version = any_version;
};
struct Remove {
    std::string path;
    std::int32_t version = any_version;
};
struct Check {
    std::string path;
    std::int32_t version = any_version;
};
using Op = std::variant<Create, Set, Remove, Check>;

/// Why a multi did not happen: all or nothing, so nothing did (except after `outcome_unknown`).
struct MultiError {
    Error error;
    /// The first operation that failed, as its place in the list; none when the whole request did.
    std::optional<std::size_t> failed;
};
using MultiResult = std::expected<void, MultiError>;

/// Whether `name` can be the name of a node: not empty, no `/`, not `.` or `..`, and none of the
/// characters that ZooKeeper refuses (spec/zookeeper.md §1.4).
bool is_node_name(std::string_view name);
/// Whether `path` satisfies ZooKeeper's rules: absolute, no empty, `.` or `..` segment, no trailing
/// slash, no control characters.
bool is_valid_path(std::string_view path);

/// `join("/config/jobs", id)`.
std::string join(std::string_view parent, std::string_view name);
/// `/a/b` → `/a`; `/a` → `/`.
std::string_view parent(std::string_view path);
/// `/a/b` → `b`.
std::string_view basename(std::string_view path);

/// The segment of `path` right below `root`, with what follows it:
/// `below("/config/hosts", "/config/hosts/a/jobs/b")` is {"a", "jobs/b"}. Nothing when `path` is
/// not below `root`.
struct Below {
    std::string_view name, rest;
};
std::optional<Below> below(std::string_view root, std::string_view path);

} // namespace heliosd::store

template <> struct std::is_error_code_enum<heliosd::store::StoreErrc> : std::true_type {};
