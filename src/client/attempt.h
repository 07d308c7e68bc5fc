// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "client/address.h"
#include "net/http/http.h"

#include <optional>
#include <string>

/// What the outcome of one attempt of a call means, without any I/O.
namespace heliosd::client {

/// What was attempted.
struct Attempt {
    std::string method;
    MasterAddress address;
    std::string target; ///< path and query, without the prefix of the address
    /// Of all addresses of the client this is the only one.
    bool only_address = true;
    /// A refused connection is repeated even on a loopback address.
    bool repeat_refused = false;
    /// The master may have carried an earlier attempt of this call out.
    bool maybe_done = false;

    std::string url() const { return to_string(address) + target; }
};

/// An attempt without an answer that counts.
struct Failure {
    Error error;             ///< of the call, when no other attempt follows
    bool repeatable = false; ///< another attempt may have an answer
    bool maybe_done = false; ///< the master may have carried the request out
};

/// Nothing when the answer counts, whatever its status (spec/cli.md §4.3).
std::optional<Failure> failure_of(Attempt const& attempt,
                                  Result<net::FullResponse> const& response);

/// The whole answer in one line, for messages: as the reference shows it, or, when it is not an
/// answer of a Helios master, what it is.
std::string shown(Attempt const& attempt, net::FullResponse const& response);

/// The age of the state the master answered from, when it is not current.
std::optional<std::chrono::seconds> stale_for(net::FullResponse const& response);

} // namespace heliosd::client
