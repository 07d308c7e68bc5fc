// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/async.h"
#include "base/async/clock.h"
#include "base/result.h"
#include "net/endpoint.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace heliosd::net {

class Resolver;

/// A connection over TCP or a Unix socket, with a limit on what it waits for. Its owner is the
/// coroutine that uses it; destroying it closes the connection.
///
/// Errors: `Errc::timed_out` when the limit passed, `Errc::closed` for everything else that ends a
/// connection.
class Stream {
public:
    using Socket = asio::generic::stream_protocol::socket;

    explicit Stream(Socket connected);
    ~Stream();
    Stream(Stream&& other) noexcept = default;
    Stream& operator=(Stream&&) = delete;

    /// Connects within `limit`, to the first address of the name that answers. Every error is
    /// `Errc::unavailable`, except that of a name that does not exist: `Errc::not_found`.
    static Async<Result<Stream>> connect(Resolver& resolver, Endpoint endpoint, Duration limit);

    /// Whatever waits, now or later, ends when `limit` has passed from now; none = no limit.
    void expires_after(std::optional<Duration> limit);
    /// Whether that moment has passed.
    bool has_expired() const;
    /// No limit, and no timer left that would keep the loop busy.
    void rest();

    /// Suspends until there is something to read, or the other side has closed.
    Async<Result<>> readable();
    /// Reads what there is, at least one byte. 0: the other side has closed.
    Async<Result<std::size_t>> read_some(std::span<char> into);
    /// For a coroutine that only watches over the connection beside another one, and is cancelled
    /// with every answer: reads what there is, 0 at any end. The cancellation ends it without an
    /// exception, which would cost as much as the rest of a short request.
    Async<std::size_t> watch(std::span<char> into);
    /// Writes all of `buffers`, which it uses up. `silence` is the longest wait for the other side
    /// to take a part of it.
    Async<Result<>> write(std::span<asio::const_buffer> buffers, Duration silence);

    /// Whether an idle connection can still be used: open, and nothing arrived unasked.
    bool is_quiet() const;
    /// Tells the other side that nothing more comes.
    void finish_sending();
    void close();
    /// `127.0.0.1:4711`; `unix` for a socket file.
    std::string peer() const;

private:
    struct State;
    explicit Stream(std::shared_ptr<State> connected);
    void set_options();

    std::shared_ptr<State> state_;
};

} // namespace heliosd::net
