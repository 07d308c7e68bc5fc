// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/auto_reset_event.h"
#include "base/async/clock.h"
#include "store/zk/connect_string.h"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace heliosd::store {

/// The addresses of a host name.
using Resolve = std::function<Async<Result<std::vector<asio::ip::address>>>(std::string host)>;

/// The servers by address, for all sessions of a store: the C client looks names up itself
/// otherwise, and blocks the loop. Names are looked up side by side while the sessions do
/// their work; each answer counts at once, and members that cannot be found are left out.
/// Addresses and `localhost` need no look-up.
class ServerAddresses {
public:
    ServerAddresses(Executor executor, Clock& clock, std::vector<ConnectString::Server> servers,
                    Resolve resolve);

    /// Looks names up, at first and when asked to, until cancelled.
    Async<void> run();
    /// Looks them up again, unless that was done seconds ago.
    void request() { requested_.set(); }

    /// `10.0.0.1:2181,…` as the C client takes it; empty while no address is known.
    std::string const& current() const { return current_; }
    /// Why none is known.
    std::string const& trouble() const { return trouble_; }

private:
    struct Member {
        ConnectString::Server server;
        std::vector<asio::ip::address> addresses;
        bool is_name = false;
    };

    Async<Result<>> resolve(std::size_t number);
    void update();

    Clock& clock_;
    Resolve resolve_;
    std::vector<Member> members_;
    std::string current_, trouble_ = "no ZooKeeper server is given";
    AutoResetEvent requested_;
};

} // namespace heliosd::store
