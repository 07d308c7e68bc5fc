// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/endpoint.h"

#include <string>
#include <string_view>

namespace heliosd::client {

/// Where a master's API is: its endpoint, and the prefix of every path.
struct MasterAddress {
    net::Endpoint endpoint;
    std::string prefix; ///< `/helios`, without a slash at its end; mostly empty

    bool operator==(MasterAddress const&) const = default;
};

/// Reads `http[s]://HOST:PORT[/PREFIX]` (spec/cli.md §4.1) or `HOST:PORT`, which is plain HTTP.
/// `source` names where the text came from, for the sentence of an error.
Result<MasterAddress> parse_master_address(std::string_view text, std::string_view source);

/// `http://127.0.0.1:5801`, `https://[::1]:443/helios`.
std::string to_string(MasterAddress const& address);

} // namespace heliosd::client
