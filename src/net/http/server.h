// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/task_group.h"
#include "net/http/http.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd::net {

struct TcpTuple;

/// What a handler knows beside the request itself.
struct Context {
    std::string peer;      ///< address of the client, for the log
    std::string principal; ///< the authenticated user; empty without authentication
    SteadyTime deadline{}; ///< when the server cancels the handler
};

/// Answers one request. It is cancelled when the client disconnects; an exception becomes a 500.
using Handler = std::function<Async<Response>(Request request, Context context)>;

/// Adds to a response of the server itself (400, 408, 413, 431, 503 …) the headers that all
/// responses of the handler have. `request`: the headers of the request, as far as they were read.
using DecorateError = std::function<void(Headers const& request, Headers& answer)>;

struct ServerLimits {
    std::size_t head_bytes = 32 * 1024;              ///< more: 431
    std::size_t body_bytes = 64 * 1024 * 1024;       ///< more: 413
    Duration head_limit = std::chrono::seconds{10};  ///< from the first byte to the end of the head
    Duration body_limit = std::chrono::seconds{30};  ///< the longest wait for more of a body
    Duration idle_limit = std::chrono::seconds{60};  ///< between two requests
    Duration write_limit = std::chrono::seconds{30}; ///< the longest wait for a client to read
    Duration answer_limit = std::chrono::seconds{60}; ///< for the handler; then 503
    /// Of a slow client, beside the limits for single waits: bytes per second on average.
    std::uint64_t min_rate = 4096;
    /// An accepted connection keeps its place this long, even when it has not sent anything.
    Duration first_request_limit = std::chrono::seconds{1};
    /// How long input is read and discarded after a refusal.
    Duration linger_limit = std::chrono::seconds{1};
    /// Less when the limit of open files leaves less; at that bound idle connections are closed.
    std::size_t max_connections = 10'000;
};

/// Decides about a connection right after it was accepted: the sentence with which all its requests
/// are refused (403), or nothing. Not asked about socket files, whose mode decides.
using AdmitConnection = std::function<std::optional<std::string>(TcpTuple const& client)>;

/// Decides about a request when its head is known: the sentence of a 403, or nothing.
using AdmitRequest =
    std::function<std::optional<std::string>(std::string_view method, Headers const& headers)>;

/// The longest body of a request, where that is less than `ServerLimits::body_bytes`.
using BodyLimit =
    std::function<std::optional<std::uint64_t>(std::string_view method, std::string_view target)>;

struct ServerOptions {
    ServerLimits limits;
    DecorateError decorate_error;
    AdmitConnection admit_connection;
    AdmitRequest admit_request;
    BodyLimit body_limit;
};

/// An HTTP/1.1 server: keep-alive, pipelining, streamed responses. The owner calls `listen`, then
/// runs `run` in its task group. Cancelling it stops accepting, lets the requests in progress run
/// for another `grace`, then cancels them.
class Server {
public:
    Server(Executor executor, Clock& clock, Handler handler, ServerOptions options = {});
    ~Server();

    /// Binds and listens; may be called for several endpoints. Returns the port (chosen by the
    /// system when the endpoint's is 0; 0 for a socket file). Host names are looked up in the hosts
    /// file only. Error: a sentence with the address and the reason (`address already in use`).
    Result<std::uint16_t> listen(Endpoint endpoint);
    /// Accepts and answers until cancelled.
    Async<void> run(Duration grace = std::chrono::seconds{10});

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace heliosd::net
