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

/// Start line and fields of a message, and what they say about its body.
struct Head {
    std::string method, target; ///< of a request
    int status = 0;             ///< of a response
    std::string reason;
    Headers headers;
    bool http10 = false;
    bool keep_alive = false;        ///< what the sender offers
    bool expects_continue = false;  ///< `Expect: 100-continue`
    bool other_expectation = false; ///< any other `Expect`
    bool until_close = false;       ///< a response whose body ends with the connection
    std::optional<std::uint64_t> content_length;
};

/// Why bytes are not an acceptable message, as a server answers it: 400, 413, 431 or 505.
struct Refusal {
    int status = 400;
    std::string why;
};

/// Reads one HTTP/1 message out of bytes, however they are cut. Stricter than the library beneath,
/// because two readers that disagree on where a request ends are how requests are smuggled: folded
/// fields, transfer codings other than `chunked`, several lengths, and a Host that is missing or
/// repeated are refused.
class Parser {
public:
    struct Limits {
        std::size_t head_bytes = 64 * 1024;
        std::uint64_t body_bytes = UINT64_MAX; ///< more: refused, when announced even at the head
    };

    static Parser request(Limits limits);
    /// `no_body`: what answers a HEAD has none, whatever its fields say.
    static Parser response(Limits limits, bool no_body);

    ~Parser();
    Parser(Parser&&) noexcept;
    Parser& operator=(Parser&&) noexcept;

    /// Takes a prefix of `bytes` and answers its length. It stops behind the head once, and behind
    /// the message; otherwise what it leaves has to be given again with more behind it.
    std::expected<std::size_t, Refusal> put(std::string_view bytes);
    /// The sender closed the connection. A refusal when the message is not complete.
    std::expected<void, Refusal> put_end();

    bool head_done() const;
    bool done() const;
    /// Whole once `head_done`, and then the caller may move out of it; what was read of it before.
    Head& head();
    /// The part of the body that was read since the last call.
    std::string take_body();
    std::size_t body_size() const; ///< of what `take_body` would give

    class Impl;

private:
    explicit Parser(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace heliosd::net
