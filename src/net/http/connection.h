// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/parser.h"
#include "net/http/read_buffer.h"
#include "net/http/server.h"
#include "net/stream.h"

namespace heliosd::net {

/// One connection of a server: reads the requests one after the other, runs the handler, writes the
/// responses. The server owns the coroutine `serve`, which ends with the connection; an error of
/// one client is no failure of the server.
class Connection {
public:
    /// Everything but the stream belongs to the server, which outlives its connections.
    Connection(Stream stream, Handler const& handler, ServerLimits const& limits,
               DecorateError const& decorate_error, Clock& clock);

    Async<void> serve();

    /// Ends the connection once no request is in progress; at once when there is none.
    void finish();
    /// Whether it waits for the first byte of a request.
    bool is_idle() const { return idle_; }
    void close() { stream_.close(); }

private:
    enum class Next { another, end };
    enum class Framing { plain, chunked };

    Async<Next> serve_one();
    Async<bool> wait_for_request();
    Async<bool> read_head();
    Async<bool> read_body();
    Async<std::optional<Response>> handle(Request request);
    Async<bool> send(Response response, bool head_only, bool http10);
    Async<bool> send_source(BodySource* source, Framing framing,
                            std::optional<std::uint64_t> length);
    Async<void> refuse(Refusal refusal);
    Response response_for(Refusal const& refusal, Headers const& request) const;
    Async<void> discard_input();

    template <class T> Async<std::optional<T>> while_connected(Async<T> work);
    Async<void> until_disconnect();

    Stream stream_;
    Handler const& handler_;
    ServerLimits const& limits_;
    DecorateError const& decorate_error_;
    Clock& clock_;
    std::string peer_;
    ReadBuffer buffer_;
    std::optional<Parser> parser_; ///< of the request being read
    bool idle_ = true;
    bool finishing_ = false;  ///< the response in progress is the last one
    bool keep_alive_ = false; ///< of the request in progress
};

} // namespace heliosd::net
