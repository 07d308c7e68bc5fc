// SPDX-License-Identifier: Apache-2.0
#include "net/http/connection.h"

#include "base/log.h"
#include "net/http/answer.h"
#include "net/socket_diag.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <array>

#include <fmt/format.h>

namespace heliosd::net {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t head_read = 4 * 1024;
constexpr std::size_t body_read = 64 * 1024;
/// Pipelined input that is buffered while a request is being handled.
constexpr std::size_t max_pipelined = 16 * 1024;

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

/// The buffers of a complete body.
std::vector<asio::const_buffer> buffers_of(Body const& body) {
    std::vector<asio::const_buffer> buffers(1); // the first one is for the head
    if (auto const* text = std::get_if<std::string>(&body)) {
        buffers.push_back(asio::buffer(*text));
    } else if (auto const* fragments = std::get_if<std::vector<Fragment>>(&body)) {
        buffers.reserve(fragments->size() + 1);
        for (auto const& fragment : *fragments)
            if (fragment) buffers.push_back(asio::buffer(*fragment));
    }
    return buffers;
}

/// The length that a handler declares for a body it produces.
std::optional<std::uint64_t> declared_length(Headers const& headers) {
    auto const* text = headers.find("Content-Length");
    if (!text || text->empty() || text->size() > 18) return {};
    std::uint64_t length = 0;
    for (char const c : *text) {
        if (c < '0' || c > '9') return {};
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return length;
}

/// An exception in a handler's body source ends the response, not the server.
Async<Result<std::string>> read_safely(BodySource* source) {
    std::string why;
    try {
        co_return co_await source->read();
    } catch (...) {
        why = message_of(std::current_exception());
    }
    co_await throw_if_cancelled();
    log::error("net", "a response broke off, closing the connection: {}", why);
    co_return fail(Errc::closed, why);
}

} // namespace

Connection::Connection(Stream stream, Handler const& handler, ServerOptions const& options,
                       Clock& clock)
    : stream_(std::move(stream)),
      handler_(handler),
      options_(options),
      limits_(options.limits),
      clock_(clock),
      peer_(stream_.peer()),
      idle_since_(clock.now()) {
    if (!options.admit_connection || stream_.is_local_socket()) return;
    // A client that reset the connection has no address any more, but what it sent is still read.
    auto const client = stream_.tuple();
    refusal_ = client ? options.admit_connection(*client)
                      : "the client has gone before it was known who it is";
}

void Connection::finish() {
    finishing_ = true;
    if (idle_since_) stream_.close();
}

Async<void> Connection::serve() {
    auto next = Next::another;
    while (next == Next::another) {
        next = co_await serve_one();
    }
    stream_.close();
}

Async<Connection::Next> Connection::serve_one() {
    if (has_served_) idle_since_ = clock_.now();
    bool const begun = co_await wait_for_request();
    idle_since_.reset();
    has_served_ = true;
    if (!begun) co_return Next::end;

    parser_.emplace(
        Parser::request({.head_bytes = limits_.head_bytes, .body_bytes = limits_.body_bytes}));
    bool whole = co_await read_head();
    if (whole) whole = co_await check_head();
    if (whole) whole = co_await read_body();
    if (!whole) co_return Next::end;

    auto& head = parser_->head();
    bool const more_may_come = head.keep_alive;
    keep_alive_ = more_may_come && !finishing_;
    bool const head_only = head.method == "HEAD";
    bool const http10 = head.http10;
    Request request{.method = std::move(head.method),
                    .target = std::move(head.target),
                    .headers = std::move(head.headers),
                    .body = parser_->take_body()};
    parser_.reset();
    auto response = co_await handle(std::move(request));
    if (!response) co_return Next::end;
    bool const sent = co_await send(std::move(*response), head_only, http10);
    if (sent && keep_alive_) co_return Next::another;
    if (sent && more_may_come) co_await discard_input();
    co_return Next::end;
}

/// Waits for the first byte without holding memory. False when the connection is to end.
Async<bool> Connection::wait_for_request() {
    if (finishing_) co_return false;
    stream_.expires_after(limits_.idle_limit);
    for (;;) {
        // Empty lines before a request are ignored (RFC 9112 §2.2); they do not begin one.
        while (buffer_.bytes().starts_with("\r\n")) buffer_.consume(2);
        if (!buffer_.empty() && buffer_.bytes() != "\r") co_return true;
        buffer_.release();
        auto const ready = co_await stream_.readable();
        if (!ready || finishing_) co_return false;
        auto const count = co_await stream_.read_some(buffer_.prepare(head_read));
        if (!count || *count == 0) co_return false;
        buffer_.commit(*count);
    }
}

Async<bool> Connection::read_head() {
    bool limited = false;
    for (;;) {
        if (!buffer_.empty()) {
            auto const used = parser_->put(buffer_.bytes());
            if (!used) {
                co_await refuse(used.error());
                co_return false;
            }
            buffer_.consume(*used);
            if (parser_->head_done()) co_return true;
        }
        // The limit covers the whole head; a head that arrives in one piece needs none.
        if (!std::exchange(limited, true)) stream_.expires_after(limits_.head_limit);
        auto const count = co_await stream_.read_some(buffer_.prepare(head_read));
        if (!count && count.error().code == Errc::timed_out)
            co_await refuse({408, "the request did not arrive in time"});
        if (!count || *count == 0) co_return false;
        buffer_.commit(*count);
    }
}

/// Decides what can be decided before the body is there. False when the request was refused.
Async<bool> Connection::check_head() {
    auto const refusal = refusal_of_head();
    if (refusal) co_await refuse(*refusal);
    co_return !refusal;
}

std::optional<Refusal> Connection::refusal_of_head() {
    auto const& head = parser_->head();
    if (refusal_) return Refusal{403, *refusal_};
    if (options_.admit_request) {
        auto why = options_.admit_request(head.method, head.headers);
        if (why) return Refusal{403, std::move(*why)};
    }
    if (head.other_expectation)
        return Refusal{417, "the only supported expectation is 100-continue"};
    auto const limit =
        options_.body_limit ? options_.body_limit(head.method, head.target) : std::nullopt;
    if (!limit || *limit >= limits_.body_bytes) return {};
    auto const limited = parser_->limit_body(*limit);
    if (!limited) return limited.error();
    return {};
}

Async<bool> Connection::read_body() {
    auto const& head = parser_->head();
    if (parser_->done()) co_return true;
    if (head.expects_continue && !head.http10 && buffer_.empty()) {
        std::array line{asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"))};
        TransferBudget budget(limits_.write_limit, limits_.min_rate);
        auto const sent = co_await stream_.write(line, &budget);
        if (!sent) co_return false;
    }
    TransferBudget budget(limits_.body_limit, limits_.min_rate);
    while (!parser_->done()) {
        if (!buffer_.empty()) {
            auto const used = parser_->put(buffer_.bytes());
            if (!used) {
                co_await refuse(used.error());
                co_return false;
            }
            buffer_.consume(*used);
            if (*used > 0) continue;
        }
        auto const begun = clock_.now();
        stream_.expires_after(budget.next_wait());
        auto const count = co_await stream_.read_some(buffer_.prepare(body_read));
        if (count) budget.add(clock_.now() - begun, *count);
        if (!count && count.error().code == Errc::timed_out)
            co_await refuse({408, "the body of the request did not arrive in time"});
        if (!count || *count == 0) co_return false;
        buffer_.commit(*count);
    }
    co_return true;
}

/// Runs the handler; no response when the client disconnected meanwhile.
Async<std::optional<Response>> Connection::handle(Request request) {
    Context context{
        .peer = peer_, .principal = {}, .deadline = clock_.now() + limits_.answer_limit};
    stream_.expires_after(limits_.answer_limit);
    auto const asked = options_.decorate_error ? request.headers : Headers{};
    auto work = answer_safely(handler_, std::move(request), std::move(context));
    auto response = co_await while_connected(std::move(work));
    if (!response && stream_.has_expired()) {
        keep_alive_ = false;
        response = response_for({503, "the request took too long to answer"}, asked);
    }
    stream_.expires_after({});
    co_return response;
}

/// Runs `work`; cancels it when the client disconnects or the stream's limit has passed.
template <class T> Async<std::optional<T>> Connection::while_connected(Async<T> work) {
    auto executor = co_await asio::this_coro::executor;
    auto race = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(work), asio::deferred),
        asio::co_spawn(executor, until_disconnect(), asio::deferred));
    auto [order, failure, value, watch_failure] =
        co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    co_await throw_if_cancelled();
    if (!failure) co_return std::optional<T>(std::move(value));
    if (order[0] == 0) std::rethrow_exception(failure);
    co_return std::nullopt;
}

/// Ends when the client has disconnected, or when cancelled. Bytes that arrive meanwhile belong to
/// the next request.
Async<void> Connection::until_disconnect() {
    auto const state = co_await asio::this_coro::cancellation_state;
    // The read suppresses the cancellation exception, so the state is checked here: bytes and the
    // cancellation may have arrived together, and nothing would end another wait.
    while (state.cancelled() == asio::cancellation_type::none) {
        if (buffer_.size() < max_pipelined) {
            auto const count = co_await stream_.read_some_quietly(buffer_.prepare(1024));
            if (count == 0) co_return;
            buffer_.commit(count);
        } else {
            // The buffer is full; a disconnect will show when the response is written.
            if (stream_.has_expired()) co_return;
            co_await clock_.sleep(1s);
        }
    }
}

/// Writes a response. False when the connection must end.
Async<bool> Connection::send(Response response, bool head_only, bool http10) {
    auto* const source = std::get_if<std::unique_ptr<BodySource>>(&response.body);
    // The only thing a handler can ask for with `Connection` is to close.
    if (finishing_ || response.headers.contains("Connection")) keep_alive_ = false;
    HeadOptions framing{.keep_alive = keep_alive_, .http10 = http10};

    auto buffers = buffers_of(response.body);
    if (source) {
        framing.content_length = declared_length(response.headers);
        framing.chunked = !framing.content_length && !http10;
        if (!framing.content_length && http10) framing.keep_alive = keep_alive_ = false;
    } else if (has_body(response.status)) {
        framing.content_length = asio::buffer_size(buffers);
    }
    bool const no_body = head_only || !has_body(response.status);
    if (!has_body(response.status)) framing.chunked = false;
    auto const head = format_head(response, framing);
    buffers.front() = asio::buffer(head);
    if (no_body) buffers.resize(1);

    TransferBudget budget(limits_.write_limit, limits_.min_rate);
    auto const sent = co_await stream_.write(buffers, &budget);
    if (!sent) co_return false;
    if (no_body || !source || !*source) co_return true;
    auto const form = framing.chunked ? Framing::chunked : Framing::plain;
    co_return co_await send_source(source->get(), form, framing.content_length, budget);
}

/// Writes a body while it is produced: in chunks when its length is not known.
Async<bool> Connection::send_source(BodySource* source, Framing framing,
                                    std::optional<std::uint64_t> length, TransferBudget budget) {
    for (;;) {
        // The client may disconnect while there is nothing to send.
        auto const piece = co_await while_connected(read_safely(source));
        // Closing without the last chunk tells the client that the body is incomplete.
        if (!piece || !*piece) co_return false;
        std::string_view const bytes = **piece;
        bool const last = bytes.empty();
        // More than declared would be read as the next response, less would wait for it.
        if (length && (bytes.size() > *length || (last && *length > 0))) co_return false;
        if (length) *length -= bytes.size();

        auto const size_line = last ? std::string("0\r\n") : fmt::format("{:x}\r\n", bytes.size());
        std::array<asio::const_buffer, 3> buffers{asio::buffer(size_line), asio::buffer(bytes),
                                                  asio::buffer(std::string_view("\r\n"))};
        if (framing == Framing::plain) buffers.front() = buffers.back() = {};
        auto const sent = co_await stream_.write(buffers, &budget);
        if (!sent) co_return false;
        if (last) co_return true;
    }
}

/// Answers an unacceptable request; the connection then ends.
Async<void> Connection::refuse(Refusal refusal) {
    keep_alive_ = false;
    auto const& head = parser_->head();
    auto answer = response_for(refusal, head.headers);
    auto const sent = co_await send(std::move(answer), head.method == "HEAD", false);
    if (sent) co_await discard_input();
}

/// A response of the server itself.
Response Connection::response_for(Refusal const& refusal, Headers const& request) const {
    auto response = message_response(refusal.status, refusal.why);
    if (options_.decorate_error) options_.decorate_error(request, response.headers);
    return response;
}

/// Closing with unread input resets the connection, and the client may lose the response before it
/// has read it. So input is read and discarded for a moment.
Async<void> Connection::discard_input() {
    stream_.shutdown_send();
    stream_.expires_after(limits_.linger_limit);
    for (;;) {
        buffer_.consume(buffer_.size());
        auto const count = co_await stream_.read_some(buffer_.prepare(body_read));
        if (!count || *count == 0) co_return;
    }
}

} // namespace heliosd::net
