// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"

#include <cstdint>
#include <string>

namespace heliosd::store {

/// What is known of the handle of a session that has no connection.
struct ConnectionFacts {
    enum class Ended {
        no,                  ///< the handle goes on trying
        expired,             ///< the servers have ended the session
        credentials_refused, ///< they will refuse them again
    };
    Ended ended = Ended::no;
    /// Requests were on their way when the connection broke.
    bool requests_lost = false;
    /// Resumed connections in a row that broke within seconds, before they were of any use.
    int useless_connections = 0;
    /// Connections of this handle in a row that were closed before the session began, and for how
    /// long it has been so.
    int refusals = 0;
    Duration refused_for{};
    Duration session_timeout{};
};

enum class Reconnect {
    same_handle,       ///< the library connects again, and has its watches set again
    fresh_handle,      ///< the session continues, the watches are lost
    new_session,       ///< the ephemeral nodes are lost as well
    new_session_later, ///< the same after a pause: somebody has to change something first
};

/// How to go on. A fresh handle is needed
/// - when requests were lost: the library may keep the unsent part of one and send it on the next
///   connection: a write that was given up long ago, or half a packet;
/// - when resumed connections break at once: the watches do not fit into one packet any more;
/// - when all servers refuse us for long: they do when we have seen newer transactions than they
///   have, as after a restore from a backup. A fresh handle has seen nothing. Servers that are
///   loading, or without a quorum, refuse in the same way, but not for long.
Reconnect decide_reconnect(ConnectionFacts const& facts);

/// What to say of connections that are closed before the session began.
std::string describe_refusal(Duration refused_for, Duration session_timeout);

} // namespace heliosd::store
