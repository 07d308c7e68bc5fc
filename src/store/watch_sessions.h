// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "store/node.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::store {

/// What a server answered to one request of a follower.
struct WatchReply {
    enum class Outcome {
        ok,         ///< `stat`, and `data` or `names`
        missing,    ///< this server, which may lag behind, has no such node
        unreadable, ///< refused until somebody changes something: `no_auth`, `bad_path`
        refused,    ///< refused for now: throttled, session moved, a system error
        lost,       ///< the connection broke, or there was none within the connection limit
        closed,     ///< the sessions have been shut down
    };
    Outcome outcome = Outcome::ok;
    Stat stat;
    std::string data;
    std::vector<std::string> names; ///< in the server's order
    Error error;                    ///< unless ok or missing
};

/// What a request asks of a node. The reply to `data` and `children` leaves a one-shot watch behind
/// when it is `ok`; that to `existence` when it is `ok` or `missing`.
enum class WatchRead { data, children, existence };

using SessionNumber = std::uint16_t;

/// Learns what happens to the sessions; called from the loop, never from inside a call to
/// `WatchSessions`.
class WatchListener {
public:
    virtual ~WatchListener() = default;

    /// `watches_lost`: the session is a new one, or has a new handle, so that the watches left
    /// behind by earlier replies will not fire.
    virtual void session_connected(SessionNumber session, bool watches_lost) = 0;
    /// Comes after the replies (`lost`) of all requests that were on their way.
    virtual void session_disconnected(SessionNumber session) = 0;
    /// The node was created, changed or deleted, or its list of children changed.
    virtual void watch_fired(SessionNumber session, std::string const& path) = 0;
    /// All sessions have been shut down for good.
    virtual void sessions_closed() = 0;
};

/// The sessions that carry the watches of followers: this is all of an ensemble that a follower
/// sees, so it runs on ZooKeeper and on simulated, lagging and lossy servers alike. Each session
/// has a number, from 0 on, which it keeps over the loss of its connection and its expiry. It must
/// outlive its listeners.
///
/// Guarantees of one session: requests are answered in the order they were made, each once; what
/// replies show never gets older while the connection lasts or is resumed; an event comes before
/// any reply that shows what fired it. Different sessions may be connected to servers of different
/// age, and a session that has lost its watches may be connected to an older server than before.
class WatchSessions {
public:
    using Handler = std::function<void(WatchReply)>;
    /// Without a connection, a request waits for one as long as it takes, or up to the connection
    /// limit.
    enum class Patience { unlimited, connection_limit };

    virtual ~WatchSessions() = default;

    virtual Executor executor() const = 0;
    virtual Clock& clock() const = 0;

    virtual void add_listener(WatchListener& listener) = 0;
    virtual void remove_listener(WatchListener& listener) = 0;

    /// The session that is to carry this many watches on `path`; a new one when all are full.
    virtual SessionNumber reserve(std::string_view path, unsigned watches) = 0;
    /// Gives back what `reserve` has taken.
    virtual void release(SessionNumber session, std::string_view path, unsigned watches) = 0;

    /// `handler` is called from the loop, later than this returns.
    virtual void read(SessionNumber session, WatchRead what, std::string path, Patience patience,
                      Handler handler) = 0;
    /// Requests of this session made after this one see at least what was committed anywhere before
    /// it, provided that the reply is `ok`.
    virtual void sync(SessionNumber session, std::string path, Patience patience,
                      Handler handler) = 0;

    virtual bool is_connected(SessionNumber session) const = 0;
    virtual bool is_closed() const = 0;
    virtual Duration connection_limit() const = 0;
    /// Why a session is not connected, for people; empty when all are.
    virtual std::string trouble() const = 0;

    /// Calls `action` after `delay`, unless the sessions are closed before.
    virtual void run_after(Duration delay, std::function<void()> action) = 0;
};

} // namespace heliosd::store
