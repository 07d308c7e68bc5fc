// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/socket_diag.h"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::net {

/// The addresses of this machine's interfaces at this moment.
std::vector<asio::ip::address> interface_addresses();

/// Whether a connection from `peer` comes from this machine: a loopback address, or one of `own`.
/// An IPv4 address mapped into IPv6 counts as the IPv4 address.
bool is_local_address(asio::ip::address const& peer, std::vector<asio::ip::address> const& own);

/// The connection as the client's socket has it: its own end first, without mapped addresses.
TcpTuple client_tuple(asio::ip::tcp::endpoint const& peer, asio::ip::tcp::endpoint const& local);

/// Whether `entry`, what the kernel says about `client`, is that very connection, with an owner.
/// Then it comes from this machine, also from an address that no interface has.
bool is_socket_of(TcpTuple const& client, std::optional<SocketEntry> const& entry);

/// Decides about a connection from this machine: a refusal of one sentence, or nothing when
/// `may_use` accepts the user whose socket it is. `entry` is what the kernel says about `client`;
/// only an established socket with an inode tells its owner.
std::optional<std::string> refuse_local_peer(TcpTuple const& client,
                                             std::optional<SocketEntry> const& entry,
                                             std::function<bool(uid_t)> const& may_use);

} // namespace heliosd::net
