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
class TransferBudget;
struct TcpTuple;

/// A connection over TCP or a Unix socket with a deadline for its operations. The coroutine that
/// uses it owns it; destroying it closes the connection.
///
/// Errors: `Errc::timed_out` after the deadline, `Errc::closed` for everything else that ends a
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

    /// Every operation, pending or future, fails once `limit` has passed from now; none = no limit.
    void expires_after(std::optional<Duration> limit);
    /// Whether that moment has passed.
    bool has_expired() const;
    /// Removes the limit and cancels its timer, so that it does not keep the loop running.
    void disarm();

    /// Suspends until there is something to read, or the other side has closed.
    Async<Result<>> readable();
    /// Reads what there is, at least one byte. 0: the other side has closed.
    Async<Result<std::size_t>> read_some(std::span<char> into);
    /// As `read_some`, but answers 0 on every error and on cancellation. For the coroutine that
    /// waits for a disconnect while a handler runs: it is cancelled after every request, and an
    /// exception would cost as much as the rest of a short request.
    Async<std::size_t> read_some_quietly(std::span<char> into);
    /// Writes all of `buffers`, which it modifies, within `budget`, which takes the place of the
    /// limit of `expires_after`.
    Async<Result<>> write(std::span<asio::const_buffer> buffers, TransferBudget* budget);

    /// Whether an idle connection can be used again: still open, and without unexpected input.
    bool is_reusable() const;
    /// Half-closes: the peer reads end of file.
    void shutdown_send();
    void close();
    /// `127.0.0.1:4711`; `unix` for a socket file.
    std::string peer() const;
    /// The connection from the peer's end; nothing for a socket file.
    std::optional<TcpTuple> tuple() const;
    /// Whether this is a connection to a socket in the file system.
    bool is_local_socket() const;

private:
    struct State;
    explicit Stream(std::shared_ptr<State> connected);
    void set_options();

    std::shared_ptr<State> state_;
};

} // namespace heliosd::net
