// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/follower.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// What a follower knows: the last thing seen of each node, and what of it its reader has not been
/// told yet. Pure; both stores feed it with what they see, as often as they like: what is not new
/// is dropped, what is new replaces what waits.
///
/// Of one node the last observation counts, whatever its transaction id: an ensemble restored from
/// a backup shows older ones than were known. A node and its parent may be seen through servers of
/// different age, so their observations may come in any order.
class FollowState {
public:
    FollowState(std::string root, Scope scope);

    std::string const& root() const { return root_; }

    /// What is wanted of `path`. Nothing when it is not below the root, or when somebody between
    /// root and `path` has no interest in children.
    Interest interest(std::string_view path) const;

    /// The node as just read; none when it does not exist. Its descendants go with it.
    void observe(std::string const& path, std::optional<Node> node);

    /// The complete list of names below `path`: children it does not mention are gone, except those
    /// made after transaction `as_of`, which a list that old cannot know. Answers the paths of
    /// those that are wanted and not known yet.
    std::vector<std::string> observe_children(std::string const& path,
                                              std::vector<std::string> const& names,
                                              std::int64_t as_of);

    /// Whether the node has been seen and not been seen to go.
    bool knows(std::string_view path) const { return seen_.contains(path); }
    /// All nodes known, parents first.
    std::vector<std::string> known() const;
    /// Is told of every node that has been seen to go.
    void on_forget(std::function<void(std::string const&)> hook) { on_forget_ = std::move(hook); }

    /// From now on what has been observed is the complete picture.
    void complete() { complete_ = true; }
    bool is_complete() const { return complete_; }

    /// Whether there is something to tell.
    bool ready() const { return complete_ && (!told_snapshot_ || !pending_.empty()); }
    /// What the reader has not been told; the complete picture the first time.
    Batch take();
    /// The same for these paths only. Before the snapshot nothing is held back from it.
    std::vector<Change> take(std::vector<std::string> const& paths);

private:
    struct Seen {
        Seen(Stat const& stat, bool reader_knows)
            : czxid(stat.czxid),
              mzxid(stat.mzxid),
              ctime(stat.ctime),
              mtime(stat.mtime),
              told(reader_knows) {}

        /// The times too: a restored ensemble may use transaction ids a second time.
        std::int64_t czxid, mzxid, ctime, mtime;
        bool told; ///< the reader knows of this path
    };

    void forget(std::string const& path);
    Change told(std::string const& path, std::optional<Node> node);

    std::string root_;
    Scope scope_;
    std::function<void(std::string const&)> on_forget_;
    bool complete_ = false, told_snapshot_ = false;
    std::map<std::string, Seen, std::less<>> seen_;
    /// What to tell next. A path without an entry in `seen_` stands here only as "gone", and only
    /// when the reader knows it.
    std::map<std::string, std::optional<Node>, std::less<>> pending_;
};

} // namespace heliosd::store
