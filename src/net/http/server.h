// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/task_group.h"
#include "net/http/http.h"

#include <functional>
#include <memory>
#include <string>

namespace heliosd::net {

/// What a handler knows about the request beside the request.
struct Context {
    std::string peer;      ///< address of the other side, for the log
    std::string principal; ///< who it proved to be; empty when nobody asked
    SteadyTime deadline{}; ///< when the server gives up on the answer
};

/// Answers one request. It is cancelled when the client leaves; an exception becomes a 500.
using Handler = std::function<Async<Response>(Request request, Context context)>;

/// Adds to an answer that the server writes itself (400, 408, 413, 431, 503 …) what all answers of
/// the handler carry. `request` has the headers of the request, as far as they were read.
using OwnAnswer = std::function<void(Headers const& request, Headers& answer)>;

struct ServerLimits {
    std::size_t head_bytes = 32 * 1024;              ///< more: 431
    std::size_t body_bytes = 64 * 1024 * 1024;       ///< more: 413
    Duration head_limit = std::chrono::seconds{10};  ///< from the first byte to the end of the head
    Duration body_limit = std::chrono::seconds{30};  ///< the longest silence in a body
    Duration idle_limit = std::chrono::seconds{60};  ///< between two requests
    Duration write_limit = std::chrono::seconds{30}; ///< a client that does not read
    Duration answer_limit = std::chrono::seconds{60}; ///< a handler that does not answer: 503
    std::size_t max_connections = 10'000;
};

/// An HTTP/1.1 server: keep-alive, pipelining, streamed answers. The owner calls `listen`, then
/// runs `run` in its task group; cancelling it stops accepting, gives the requests in progress
/// `grace` to end, then cancels them.
class Server {
public:
    Server(Executor executor, Clock& clock, Handler handler, ServerLimits limits = {},
           OwnAnswer own_answer = {});
    ~Server();

    /// Binds and listens; may be called for several endpoints. Answers the port (chosen by the
    /// system when the endpoint's is 0; 0 for a socket file). Host names are those of the hosts
    /// file. Error: a sentence that names the address and the reason (`address already in use`).
    Result<std::uint16_t> listen(Endpoint endpoint);
    /// Accepts and answers until cancelled.
    Async<void> run(Duration grace = std::chrono::seconds{10});

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace heliosd::net
