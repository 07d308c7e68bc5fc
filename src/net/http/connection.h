// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/parser.h"
#include "net/http/read_buffer.h"
#include "net/http/server.h"
#include "net/stream.h"
#include "net/transfer_budget.h"

namespace heliosd::net {

/// One connection of a server: reads the requests one after the other, runs the handler, writes the
/// responses. The server owns the coroutine `serve`, which ends with the connection; an error of
/// one client is no failure of the server.
class Connection {
public:
    /// Everything but the stream belongs to the server, which outlives its connections.
    Connection(Stream stream, Handler const& handler, ServerOptions const& options, Clock& clock);

    Async<void> serve();

    /// Ends the connection once no request is in progress; at once when there is none.
    void finish();
    /// Since when it waits for the first byte of a request; nothing while a request is in progress.
    std::optional<SteadyTime> idle_since() const { return idle_since_; }
    /// Whether it had a request already.
    bool has_served() const { return has_served_; }
    void close() { stream_.close(); }

private:
    enum class Next { another, end };
    enum class Framing { plain, chunked };

    Async<Next> serve_one();
    Async<bool> wait_for_request();
    Async<bool> read_head();
    Async<bool> check_head();
    std::optional<Refusal> refusal_of_head();
    Async<bool> read_body();
    Async<std::optional<Response>> handle(Request request);
    Async<bool> send(Response response, bool head_only, bool http10);
    Async<bool> send_source(BodySource* source, Framing framing,
                            std::optional<std::uint64_t> length, TransferBudget budget);
    Async<void> refuse(Refusal refusal);
    Response response_for(Refusal const& refusal, Headers const& request) const;
    Async<void> discard_input();

    template <class T> Async<std::optional<T>> while_connected(Async<T> work);
    Async<void> until_disconnect();

    Stream stream_;
    Handler const& handler_;
    ServerOptions const& options_;
    ServerLimits const& limits_;
    Clock& clock_;
    std::string peer_;
    ReadBuffer buffer_;
    std::optional<Parser> parser_;       ///< of the request being read
    std::optional<std::string> refusal_; ///< of every request on this connection
    std::optional<SteadyTime> idle_since_;
    bool has_served_ = false;
    bool finishing_ = false;  ///< the response in progress is the last one
    bool keep_alive_ = false; ///< of the request in progress
};

} // namespace heliosd::net
