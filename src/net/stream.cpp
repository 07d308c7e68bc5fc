// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include "net/resolver.h"
#include "net/socket_diag.h"
#include "net/transfer_budget.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>

#include <fmt/format.h>

namespace heliosd::net {

using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

constexpr auto never = SteadyTime::max();

std::unexpected<Error> timed_out() {
    return fail(Errc::timed_out, "the other side was silent for too long");
}

bool is_tcp(Stream::Socket const& socket) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    auto const fd = const_cast<Stream::Socket&>(socket).native_handle();
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
           address.ss_family != AF_UNIX;
}

} // namespace

/// The timer is lazy: when the deadline moves later the timer is left as it is, and is set again
/// when it fires too early. So renewing the limit for every read costs no timer operation. A timer
/// that fires between two operations cancels nothing, so each operation looks at the deadline
/// first.
struct Stream::State : std::enable_shared_from_this<State> {
    explicit State(Socket connected) : socket(std::move(connected)), timer(socket.get_executor()) {}

    void arm() {
        if (deadline == never || armed <= deadline) return;
        armed = deadline;
        timer.expires_at(deadline);
        timer.async_wait([self = shared_from_this()](error_code ec) { self->fired(ec); });
    }

    void fired(error_code ec) {
        if (ec) return; // set anew, or cancelled
        armed = never;
        if (!is_over()) return arm();
        error_code ignored;
        socket.cancel(ignored);
    }

    void disarm() {
        deadline = armed = never;
        timer.cancel();
    }

    bool is_over() const {
        return deadline != never && std::chrono::steady_clock::now() >= deadline;
    }

    /// The error to return for an operation that failed with `ec`.
    Async<Result<>> failed(error_code ec) {
        if (is_over()) co_return timed_out();
        if (ec == asio::error::operation_aborted) {
            co_await throw_if_cancelled();
            co_return fail(Errc::closed, "the connection was closed on our side");
        }
        co_return fail(Errc::closed, "the connection broke: " + ec.message());
    }

    Socket socket;
    asio::steady_timer timer;
    SteadyTime deadline = never;
    SteadyTime armed = never; ///< when the timer fires; never = it is not set
};

Stream::Stream(Socket connected) : Stream(std::make_shared<State>(std::move(connected))) {
}

Stream::Stream(std::shared_ptr<State> connected) : state_(std::move(connected)) {
    set_options();
}

void Stream::set_options() {
    auto& socket = state_->socket;
    error_code ignored;
    socket.non_blocking(true, ignored);
    ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
    if (!is_tcp(socket)) return;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

Stream::~Stream() {
    if (state_) close();
}

void Stream::expires_after(std::optional<Duration> limit) {
    state_->deadline = limit ? std::chrono::steady_clock::now() + *limit : never;
    state_->arm();
}

bool Stream::has_expired() const {
    return state_->is_over();
}

void Stream::disarm() {
    state_->disarm();
}

Async<Result<>> Stream::readable() {
    auto state = state_;
    if (state->is_over()) co_return timed_out();
    error_code ec;
    co_await state->socket.async_wait(Socket::wait_read,
                                      asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return co_await state->failed(ec);
    co_return Result<>{};
}

Async<Result<std::size_t>> Stream::read_some(std::span<char> into) {
    auto state = state_;
    if (state->is_over()) co_return timed_out();
    error_code ec;
    auto const count = co_await state->socket.async_read_some(
        asio::buffer(into.data(), into.size()), asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) co_return 0u;
    if (!ec) co_return count;
    auto failure = co_await state->failed(ec);
    co_return std::unexpected(failure.error());
}

Async<std::size_t> Stream::read_some_quietly(std::span<char> into) {
    auto state = state_;
    if (state->is_over()) co_return 0;
    co_await asio::this_coro::throw_if_cancelled(false);
    error_code ec;
    auto const count = co_await state->socket.async_read_some(
        asio::buffer(into.data(), into.size()), asio::redirect_error(asio::use_awaitable, ec));
    co_return ec ? 0 : count;
}

Async<Result<>> Stream::write(std::span<asio::const_buffer> buffers, TransferBudget* budget) {
    auto state = state_;
    bool waited = false;
    for (;;) {
        while (!buffers.empty() && buffers.front().size() == 0) buffers = buffers.subspan(1);
        if (buffers.empty()) break;
        // Nearly every write fits the socket's buffer and needs neither the loop nor a timer.
        error_code ec;
        auto written = state->socket.write_some(buffers, ec);
        Duration wait{};
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            auto const limit = budget->next_wait();
            if (limit <= Duration::zero()) co_return timed_out();
            auto const begun = std::chrono::steady_clock::now();
            expires_after(limit);
            waited = true;
            written = co_await state->socket.async_write_some(
                buffers, asio::redirect_error(asio::use_awaitable, ec));
            wait = std::chrono::steady_clock::now() - begun;
        }
        if (ec) co_return co_await state->failed(ec);
        budget->add(wait, written);
        while (written > 0) {
            auto const part = std::min(written, buffers.front().size());
            buffers.front() += part;
            written -= part;
            if (buffers.front().size() == 0) buffers = buffers.subspan(1);
        }
    }
    if (waited) expires_after({});
    co_return Result<>{};
}

bool Stream::is_reusable() const {
    char byte;
    auto const count = ::recv(state_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Stream::shutdown_send() {
    error_code ignored;
    state_->socket.shutdown(Socket::shutdown_send, ignored);
}

void Stream::close() {
    disarm();
    error_code ignored;
    state_->socket.close(ignored);
}

namespace {

/// The address behind a generic endpoint; nothing when it is none of TCP.
std::optional<asio::ip::tcp::endpoint> tcp_endpoint(asio::generic::stream_protocol::endpoint from) {
    if (from.protocol().family() == AF_UNIX) return {};
    asio::ip::tcp::endpoint address;
    address.resize(from.size());
    std::memcpy(address.data(), from.data(), from.size());
    return address;
}

} // namespace

std::optional<TcpTuple> Stream::tuple() const {
    error_code ec;
    auto const remote = state_->socket.remote_endpoint(ec);
    if (ec) return {};
    auto const local = state_->socket.local_endpoint(ec);
    if (ec) return {};
    auto const source = tcp_endpoint(remote), destination = tcp_endpoint(local);
    if (!source || !destination) return {};
    return TcpTuple{.source = *source, .destination = *destination};
}

bool Stream::is_local_socket() const {
    error_code ec;
    auto const local = state_->socket.local_endpoint(ec);
    return !ec && local.protocol().family() == AF_UNIX;
}

std::string Stream::peer() const {
    auto const connection = tuple();
    if (!connection) return "unix";
    auto const& client = connection->source;
    auto const text = client.address().to_string();
    if (client.address().is_v6()) return fmt::format("[{}]:{}", text, client.port());
    return fmt::format("{}:{}", text, client.port());
}

namespace {

using Address = asio::generic::stream_protocol::endpoint;

/// A Unix socket connects at once or fails. A full backlog is reported as EAGAIN, which Asio takes
/// for "in progress" and then for success.
Async<error_code> connect_unix(int socket, Address address, SteadyTime deadline) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    for (;;) {
        auto const length = static_cast<socklen_t>(address.size());
        if (::connect(socket, address.data(), length) == 0) co_return error_code{};
        if (errno != EAGAIN && errno != EINTR)
            co_return error_code(errno, boost::system::system_category());
        if (std::chrono::steady_clock::now() >= deadline) co_return asio::error::timed_out;
        pause.expires_after(5ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

} // namespace

Async<Result<Stream>> Stream::connect(Resolver& resolver, Endpoint endpoint, Duration limit) {
    auto const deadline = std::chrono::steady_clock::now() + limit;
    auto const refuse = [&](std::string_view why, Errc code = Errc::unavailable) {
        return fail(code, fmt::format("cannot connect to {}: {}", to_string(endpoint), why));
    };
    std::vector<Address> addresses;
    if (endpoint.scheme == Scheme::tls) co_return refuse("TLS is not supported yet: use http://");
    if (endpoint.scheme == Scheme::unix_socket) {
        addresses.emplace_back(asio::local::stream_protocol::endpoint(endpoint.path));
    } else {
        auto found = co_await resolver.resolve(endpoint.host, limit);
        bool const nowhere = !found && found.error().code == Errc::not_found;
        if (nowhere) co_return refuse(found.error().message, Errc::not_found);
        if (!found) co_return refuse(found.error().message);
        for (auto const& address : *found)
            addresses.emplace_back(asio::ip::tcp::endpoint(address, endpoint.port));
    }

    // The remaining time is divided among the addresses, so that a dead first one cannot use it up.
    auto const executor = co_await asio::this_coro::executor;
    error_code ec = asio::error::host_not_found;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        auto const now = std::chrono::steady_clock::now();
        auto const until = now + std::max<Duration>(deadline - now, 0s) / (addresses.size() - i);
        auto state = std::make_shared<State>(Socket(executor));
        auto& socket = state->socket;
        socket.open(addresses[i].protocol(), ec);
        if (ec) continue;
        socket.non_blocking(true, ec);
        if (endpoint.scheme == Scheme::unix_socket) {
            ec = co_await connect_unix(socket.native_handle(), addresses[i], until);
        } else {
            state->deadline = until;
            state->arm();
            co_await socket.async_connect(addresses[i],
                                          asio::redirect_error(asio::use_awaitable, ec));
            if (ec && state->is_over()) ec = asio::error::timed_out;
            state->disarm();
        }
        if (!ec) co_return Stream(std::move(state));
        co_await throw_if_cancelled();
    }
    if (ec == asio::error::timed_out)
        co_return refuse(
            fmt::format("no answer within {} ms",
                        std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()));
    co_return refuse(ec.message());
}

} // namespace heliosd::net
