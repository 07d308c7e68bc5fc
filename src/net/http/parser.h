// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/http.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd::net {

/// Start line and header fields of a message, and its framing.
struct Head {
    std::string method, target; ///< of a request
    int status = 0;             ///< of a response
    std::string reason;
    Headers headers;
    bool http10 = false;
    bool keep_alive = false;        ///< the sender allows another message on this connection
    bool expects_continue = false;  ///< `Expect: 100-continue`
    bool other_expectation = false; ///< any other `Expect`
    std::optional<std::uint64_t> content_length;
};

/// Why a message is not acceptable, with the status a server answers: 400, 413, 431 or 505.
struct Refusal {
    int status = 400;
    std::string why;
};

/// An incremental parser for one HTTP/1 message. It is stricter than Beast, because request
/// smuggling needs two parsers that disagree on where a request ends: folded fields, transfer
/// codings other than `chunked`, several lengths, and a missing or repeated Host are refused.
class Parser {
public:
    struct Limits {
        std::size_t head_bytes = 64 * 1024;
        std::uint64_t body_bytes = UINT64_MAX; ///< an announced length is checked with the head
    };

    static Parser request(Limits limits);
    /// `no_body`: for the response to a HEAD, which has no body whatever its fields say.
    static Parser response(Limits limits, bool no_body);

    ~Parser();
    Parser(Parser&&) noexcept;
    Parser& operator=(Parser&&) noexcept;

    /// Consumes a prefix of `bytes` and returns its length. It stops after the head and after the
    /// message; otherwise the rest has to be given again, with more bytes appended.
    std::expected<std::size_t, Refusal> put(std::string_view bytes);
    /// Lowers the limit for the body, once the head is parsed and has told what the message is for.
    std::expected<void, Refusal> limit_body(std::uint64_t bytes);
    /// The sender closed the connection: a refusal when the message is not complete.
    std::expected<void, Refusal> put_end();

    bool head_done() const;
    bool done() const;
    /// Complete once `head_done`; the caller may then move out of it. Before that, the fields read
    /// so far.
    Head& head();
    /// The part of the body parsed since the last call.
    std::string take_body();
    std::size_t body_size() const; ///< what `take_body` would return

    class Impl;

private:
    explicit Parser(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace heliosd::net
