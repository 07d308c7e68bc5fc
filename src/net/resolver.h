// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "base/result.h"

#include <boost/asio/ip/address.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::net {

/// Addresses of host names. The personality owns one; it outlives every connection being made.
/// `getaddrinfo` is never used: it blocks, and a static binary cannot have it.
class Resolver {
public:
    virtual ~Resolver() = default;

    /// The addresses of `host`, best first, at least one. A literal address stands for itself.
    /// Errors: `Errc::not_found` for a name that has none, `Errc::timed_out`, `Errc::unavailable`
    /// when no name server can be asked.
    virtual Async<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                                  Duration limit) = 0;
};

/// Looks where the system looks: literal addresses and `localhost` without help, then the hosts
/// file, then the name servers of resolv.conf. What name servers said is kept for ten seconds.
class SystemResolver final : public Resolver {
public:
    struct Options {
        std::string hosts_file = "/etc/hosts";
        std::string servers; ///< `address:port,…` instead of those of resolv.conf
    };

    explicit SystemResolver(Clock& clock) : SystemResolver(clock, Options{}) {}
    SystemResolver(Clock& clock, Options options) : clock_(clock), options_(std::move(options)) {}

    Async<Result<std::vector<asio::ip::address>>> resolve(std::string host,
                                                          Duration limit) override;

private:
    struct Known {
        std::vector<asio::ip::address> addresses;
        SteadyTime until;
    };

    Clock& clock_;
    Options options_;
    std::map<std::string, Known> known_;
};

/// What needs no name server: a literal address, `localhost`, a name of the hosts file. Empty when
/// there is no such name.
std::vector<asio::ip::address> local_addresses(std::string_view host,
                                               std::string const& hosts_file = "/etc/hosts");

/// The addresses that the text of a hosts file gives to `host`.
std::vector<asio::ip::address> addresses_in_hosts(std::string_view text, std::string_view host);

} // namespace heliosd::net
