// SPDX-License-Identifier: Apache-2.0
#include "store/zk/socket.h"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <zookeeper/zookeeper.h>

#include <utility>

namespace heliosd::store {

void ZkSocket::kick() {
    if (std::exchange(kicked_, true)) return;
    timer_.cancel();
}

void ZkSocket::release() {
    if (socket_.is_open()) socket_.release();
}

Async<int> ZkSocket::wait(int fd, int interest, Duration limit) {
    if (std::exchange(kicked_, false)) limit = Duration::zero();
    timer_.expires_after(limit);
    boost::system::error_code refused;
    if (fd != -1) socket_.assign(fd, refused);
    if (fd == -1 || refused) {
        boost::system::error_code woken;
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        co_await throw_if_cancelled();
        co_return 0;
    }
    using Socket = asio::posix::stream_descriptor;
    namespace experimental = asio::experimental;
    int events = 0;
    if (interest & ZOOKEEPER_WRITE) {
        auto group = experimental::make_parallel_group(
            socket_.async_wait(Socket::wait_read, asio::deferred),
            socket_.async_wait(Socket::wait_write, asio::deferred),
            timer_.async_wait(asio::deferred));
        auto [order, read, write, time] =
            co_await group.async_wait(experimental::wait_for_one(), asio::use_awaitable);
        if (!read) events |= ZOOKEEPER_READ;
        if (!write) events |= ZOOKEEPER_WRITE;
    } else {
        auto group =
            experimental::make_parallel_group(socket_.async_wait(Socket::wait_read, asio::deferred),
                                              timer_.async_wait(asio::deferred));
        auto [order, read, time] =
            co_await group.async_wait(experimental::wait_for_one(), asio::use_awaitable);
        if (!read) events |= ZOOKEEPER_READ;
    }
    release();
    co_await throw_if_cancelled();
    co_return events;
}

} // namespace heliosd::store
