// SPDX-License-Identifier: Apache-2.0
#include "net/http/client.h"

#include "net/http/parser.h"
#include "net/http/read_buffer.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "net/transfer_budget.h"

#include <array>
#include <iterator>
#include <list>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

/// Sizes of reads: heads are small, bodies may be large.
constexpr std::size_t head_read = 4 * 1024;
constexpr std::size_t body_read = 64 * 1024;

struct ByAddress {
    bool operator()(Endpoint const& a, Endpoint const& b) const {
        return std::tie(a.scheme, a.host, a.port, a.path) <
               std::tie(b.scheme, b.host, b.port, b.path);
    }
};

bool is_idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

/// Request line and header fields.
std::string format_request(Endpoint const& endpoint, Request const& request) {
    std::string head;
    head.reserve(256 + request.target.size());
    auto out = std::back_inserter(head);
    fmt::format_to(out, "{} {} HTTP/1.1\r\n", request.method,
                   request.target.empty() ? "/" : request.target);
    if (!request.headers.contains("Host"))
        fmt::format_to(out, "Host: {}\r\n", host_header(endpoint));
    for (auto const& [name, value] : request.headers)
        fmt::format_to(out, "{}: {}\r\n", name, value);
    // Without a length some servers wait for the body of a POST.
    bool const has_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
    if (has_body && !request.headers.contains("Content-Length"))
        fmt::format_to(out, "Content-Length: {}\r\n", request.body.size());
    head += "\r\n";
    return head;
}

/// Whether the head is free of line breaks, which would let the request be read as two.
bool is_clean(Request const& request) {
    constexpr std::string_view line_breaks("\r\n\0", 3);
    auto const clean = [&](std::string_view text) {
        return text.find_first_of(line_breaks) == std::string_view::npos;
    };
    for (auto const& [name, value] : request.headers)
        if (!clean(name) || !clean(value)) return false;
    return clean(request.method) && clean(request.target) &&
           request.method.find(' ') == std::string::npos &&
           request.target.find(' ') == std::string::npos;
}

} // namespace

/// Idle connections between two calls.
struct RealHttpClient::Pool {
    struct Idle {
        Stream stream;
        SteadyTime since;
    };

    explicit Pool(Options limits) : options(limits) {}

    /// A usable connection, the most recently used first, so that surplus ones expire.
    std::optional<Stream> take(Endpoint const& endpoint) {
        auto const place = idle.find(endpoint);
        if (place == idle.end()) return {};
        auto const oldest = std::chrono::steady_clock::now() - options.idle_limit;
        while (!place->second.empty()) {
            auto last = std::move(place->second.back());
            place->second.pop_back();
            if (last.since > oldest && last.stream.is_reusable()) return std::move(last.stream);
        }
        idle.erase(place);
        return {};
    }

    void put(Endpoint const& endpoint, Stream stream) {
        auto const now = std::chrono::steady_clock::now();
        stream.disarm();
        auto& here = idle[endpoint];
        here.push_back({std::move(stream), now});
        if (here.size() > options.idle_connections) here.pop_front();
        for (auto it = idle.begin(); it != idle.end();) {
            auto& line = it->second;
            while (!line.empty() && line.front().since + options.idle_limit < now) line.pop_front();
            it = line.empty() ? idle.erase(it) : std::next(it);
        }
    }

    Options options;
    std::map<Endpoint, std::list<Idle>, ByAddress> idle;
};

/// One request and its response on one connection.
class RealHttpClient::Exchange {
public:
    Exchange(Endpoint endpoint, std::shared_ptr<Pool> pool, Stream stream, CallOptions options)
        : endpoint_(std::move(endpoint)),
          pool_(std::move(pool)),
          stream_(std::move(stream)),
          options_(options) {}

    /// Sends the request and reads the head of the response. The views point into the frame of the
    /// caller, which may send the same request again.
    Async<Result<>> start(std::string_view head, std::string_view body, bool head_only) {
        head_only_ = head_only;
        std::array buffers{asio::buffer(head), asio::buffer(body)};
        TransferBudget budget(options_.idle_limit.value_or(std::chrono::minutes{5}));
        auto sent = co_await stream_.write(buffers, &budget);
        if (!sent && sent.error().code == Errc::timed_out) co_return broken(sent.error());

        // Also when the server did not accept all of it: it may have answered why.
        auto answered = co_await read_head();
        if (!answered && !sent) co_return broken(sent.error());
        if (!sent) reusable_ = false;
        co_return answered;
    }

    /// Whether any byte of a response arrived.
    bool received_any() const { return received_any_; }
    Head& head() { return parser_->head(); }

    /// The next piece of the body; empty at the end.
    Async<Result<std::string>> read() {
        while (parser_->body_size() == 0 && !parser_->done()) CO_TRY(co_await advance(body_read));
        if (parser_->body_size() == 0) finish();
        co_return parser_->take_body();
    }

    /// The whole body.
    Async<Result<std::string>> read_all() {
        while (!parser_->done()) {
            CO_TRY(co_await advance(body_read));
            if (parser_->body_size() > options_.max_body) {
                stream_.close();
                co_return too_large();
            }
        }
        finish();
        co_return parser_->take_body();
    }

    std::unexpected<Error> too_large() const {
        return fail(Errc::too_large, fmt::format("{}: the answer is longer than {} bytes",
                                                 to_string(endpoint_), options_.max_body));
    }

private:
    Async<Result<>> read_head() {
        do {
            // 1xx precedes the final response, except 101, which ends HTTP on this connection.
            parser_.emplace(Parser::response({.head_bytes = pool_->options.max_head}, head_only_));
            while (!parser_->head_done()) CO_TRY(co_await advance(head_read));
        } while (head().status < 200 && head().status != 101);
        reusable_ = head().keep_alive && head().status != 101;
        co_return Result<>{};
    }

    /// Parses buffered bytes; reads more when the parser consumes none of them.
    Async<Result<>> advance(std::size_t room) {
        if (!buffer_.empty()) {
            auto const used = parser_->put(buffer_.bytes());
            if (!used) co_return broken({Errc::invalid, used.error().why});
            buffer_.consume(*used);
            if (*used > 0) co_return Result<>{};
        }
        stream_.expires_after(options_.idle_limit);
        auto const count = co_await stream_.read_some(buffer_.prepare(room));
        if (!count) co_return broken(count.error());
        buffer_.commit(*count);
        if (*count > 0) received_any_ = true;
        if (*count == 0 && !parser_->put_end())
            co_return broken(
                {Errc::closed, "the connection was closed before the answer was whole"});
        co_return Result<>{};
    }

    std::unexpected<Error> broken(Error why) const {
        return std::unexpected(in_context(to_string(endpoint_), std::move(why)));
    }

    /// The response was read to its end: the connection goes back to the pool.
    void finish() {
        if (finished_) return;
        finished_ = true;
        if (reusable_ && buffer_.empty())
            pool_->put(endpoint_, std::move(stream_));
        else
            stream_.close();
    }

    Endpoint endpoint_;
    std::shared_ptr<Pool> pool_;
    Stream stream_;
    CallOptions options_;
    ReadBuffer buffer_;
    std::optional<Parser> parser_;
    bool head_only_ = false, received_any_ = false, reusable_ = false, finished_ = false;
};

/// The body of an exchange, for the caller of `open`.
class RealHttpClient::Source final : public BodySource {
public:
    explicit Source(std::unique_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    Async<Result<std::string>> read() override { return exchange_->read(); }

private:
    std::unique_ptr<Exchange> exchange_;
};

RealHttpClient::RealHttpClient(Resolver& resolver, Options options)
    : resolver_(resolver), pool_(std::make_shared<Pool>(options)) {
}

RealHttpClient::~RealHttpClient() = default;

Async<Result<std::unique_ptr<RealHttpClient::Exchange>>>
RealHttpClient::exchange(Endpoint endpoint, Request request, CallOptions options) {
    if (!is_clean(request))
        co_return fail(Errc::invalid,
                       fmt::format("{}: a space or line break in the request line or "
                                   "in a header",
                                   to_string(endpoint)));
    auto const head = format_request(endpoint, request);
    bool const head_only = request.method == "HEAD";
    for (;;) {
        auto idle = pool_->take(endpoint);
        bool const reused = idle.has_value();
        if (!idle) {
            auto fresh =
                CO_TRY(co_await Stream::connect(resolver_, endpoint, options.connect_limit));
            idle.emplace(std::move(fresh));
        }
        auto exchange = std::make_unique<Exchange>(endpoint, pool_, std::move(*idle), options);
        auto started = co_await exchange->start(head, request.body, head_only);
        if (started) co_return exchange;
        // The server may close an idle connection at the moment it is used again.
        bool const stale =
            reused && !exchange->received_any() && started.error().code == Errc::closed;
        if (!stale || !is_idempotent(request.method)) co_return std::unexpected(started.error());
    }
}

Async<Result<FullResponse>> RealHttpClient::call(Endpoint endpoint, Request request,
                                                 CallOptions options) {
    auto begun = CO_TRY(co_await exchange(std::move(endpoint), std::move(request), options));
    auto body = CO_TRY(co_await begun->read_all());
    auto& head = begun->head();
    co_return FullResponse{.status = head.status,
                           .reason = std::move(head.reason),
                           .headers = std::move(head.headers),
                           .body = std::move(body)};
}

Async<Result<StreamedResponse>> RealHttpClient::open(Endpoint endpoint, Request request,
                                                     CallOptions options) {
    auto begun = CO_TRY(co_await exchange(std::move(endpoint), std::move(request), options));
    auto& head = begun->head();
    StreamedResponse response{.status = head.status,
                              .reason = std::move(head.reason),
                              .headers = std::move(head.headers),
                              .body = {}};
    response.body = std::make_unique<Source>(std::move(begun));
    co_return response;
}

} // namespace heliosd::net
