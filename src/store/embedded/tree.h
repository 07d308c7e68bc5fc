// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/node.h"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace heliosd::store {

/// ZooKeeper's data model without the network: versions, transaction ids, ephemerals,
/// all-or-nothing transactions. Pure memory; whoever owns it decides about time, durability and who
/// is told.
class EmbeddedTree {
public:
    struct Entry {
        std::string data;
        Stat stat;
        std::set<std::string, std::less<>> children;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;

    /// What a transaction changed. `created`, `changed` and `removed` concern the node itself;
    /// `touched_parent` means that only its list of children (and the Stat with it) is new.
    enum class Effect { created, changed, removed, touched_parent };
    struct Touch {
        std::string path;
        Effect effect;
    };
    struct Transaction {
        std::int64_t zxid = 0;
        std::vector<Touch> touches; ///< in the order of the operations
    };

    EmbeddedTree();

    /// Puts back what `entries` and `last_zxid` said; the children are derived from the paths.
    /// Nodes without a parent are refused: the answer names the first of them.
    Result<> restore(Entries entries, std::int64_t last_zxid);

    /// Null when the node does not exist. The pointer is good until the next `apply`.
    Entry const* find(std::string_view path) const;
    std::int64_t last_zxid() const { return last_zxid_; }

    /// Applies all of `ops` or nothing. Each sees the effect of the ones before. `session` becomes
    /// the owner of ephemeral nodes.
    std::expected<Transaction, MultiError> apply(std::span<Op const> ops, std::int64_t session,
                                                 WallTime now);

    /// The end of a session: its ephemeral nodes go.
    Transaction end_session(std::int64_t session, WallTime now);

private:
    struct Step;

    std::optional<Error> run(Op const& op, Step& step);
    std::optional<Error> create(Create const& op, Step& step);
    std::optional<Error> set(Set const& op, Step& step);
    std::optional<Error> remove(Remove const& op, Step& step);
    std::optional<Error> check(Check const& op) const;
    void revert(Step& step);
    void own(std::string const& path, std::int64_t session);
    void disown(std::string const& path, std::int64_t session);

    Entries entries_;
    /// Session → its ephemeral nodes.
    std::map<std::int64_t, std::set<std::string>> ephemerals_;
    std::int64_t last_zxid_ = 0;
};

} // namespace heliosd::store
