// SPDX-License-Identifier: Apache-2.0
#include "store/zk/server_addresses.h"

#include "base/async/concurrently.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;

/// Between two look-ups; shorter while no address is known.
constexpr Duration resolve_interval = 10s, first_interval = 1s;

std::vector<asio::ip::address> literal(std::string const& host) {
    if (host == "localhost") return {asio::ip::address_v4::loopback()};
    boost::system::error_code no;
    auto const address = asio::ip::make_address(host, no);
    if (no) return {};
    return {address};
}

} // namespace

ServerAddresses::ServerAddresses(Executor executor, Clock& clock,
                                 std::vector<ConnectString::Server> servers, Resolve resolve)
    : clock_(clock), resolve_(std::move(resolve)), requested_(executor) {
    for (auto& server : servers) {
        auto addresses = literal(server.host);
        bool const is_name = addresses.empty();
        if (is_name)
            trouble_ = fmt::format("cannot resolve the ZooKeeper server '{}'", server.host);
        members_.push_back({std::move(server), std::move(addresses), is_name});
    }
    update();
}

Async<void> ServerAddresses::run() {
    std::vector<std::size_t> names;
    for (std::size_t i = 0; i < members_.size(); ++i)
        if (members_[i].is_name) names.push_back(i);
    if (names.empty() || !resolve_) co_return;
    auto const look_up = [this](std::size_t number) { return resolve(number); };
    for (;;) {
        auto const all = names.size();
        (void)co_await concurrently(all, names, look_up);
        auto const pause = current_.empty() ? first_interval : resolve_interval;
        co_await clock_.sleep(pause);
        co_await requested_.wait();
    }
}

/// Never fails, so that it does not end the others.
Async<Result<>> ServerAddresses::resolve(std::size_t number) {
    auto const host = members_[number].server.host;
    auto found = co_await resolve_(host);
    if (found) {
        members_[number].addresses = std::move(*found);
        update();
    } else {
        trouble_ = in_context(fmt::format("cannot resolve the ZooKeeper server '{}'", host),
                              std::move(found.error()))
                       .message;
    }
    co_return Result<>{};
}

void ServerAddresses::update() {
    current_.clear();
    for (auto const& member : members_) {
        for (auto const& address : member.addresses) {
            // The C client takes what follows the last colon as the port, so IPv6 needs no
            // brackets; it would not know what to do with them.
            if (!current_.empty()) current_ += ',';
            current_ += fmt::format("{}:{}", address.to_string(), member.server.port);
        }
    }
}

} // namespace heliosd::store
