// SPDX-License-Identifier: Apache-2.0
#include "net/http/answer.h"

#include "base/json/json.h"
#include "base/log.h"
#include "base/text.h"

#include <exception>
#include <iterator>

#include <fmt/format.h>

namespace heliosd::net {
namespace {

/// Ids of logged failures: unique, also across restarts, but not secret.
std::string failure_id() {
    static std::uint64_t const start =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    static std::uint64_t count = 0;
    // One round of splitmix64, so that consecutive ids differ in all digits.
    auto mixed = start + ++count * 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return fmt::format("{:016x}", mixed ^ (mixed >> 31));
}

Response failure(std::string const& what, std::string const& why) {
    auto const id = failure_id();
    log::error("net", "{} failed, answered 500: {} id={}", what, why, id);
    return message_response(500, fmt::format("There was an error processing your request. It has "
                                             "been logged (ID {}).",
                                             id));
}

bool is_framing(std::string_view name) {
    return name == "connection" || name == "content-length" || name == "transfer-encoding";
}

void append_clean(std::string& out, std::string_view text) {
    for (char const c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

} // namespace

Response message_response(int status, std::string_view message) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = fmt::format("{{\"message\":{}}}", json::quoted(message));
    return response;
}

Response empty_refusal(int status, std::string_view why) {
    return {.status = status, .reason = std::string(why)};
}

Async<Response> answer_safely(Handler handler, Request request, Context context) {
    auto const what = fmt::format("{} {}", request.method, request.target);
    std::string why;
    try {
        co_return co_await handler(std::move(request), std::move(context));
    } catch (...) {
        why = message_of(std::current_exception());
    }
    co_await throw_if_cancelled();
    co_return failure(what, why);
}

std::string format_head(Response const& response, HeadOptions options) {
    std::string head;
    head.reserve(256);
    auto out = std::back_inserter(head);
    fmt::format_to(out, "HTTP/1.1 {} ", response.status);
    append_clean(head, response.reason.empty() ? reason_phrase(response.status)
                                               : std::string_view(response.reason));
    head += "\r\n";
    for (auto const& [name, value] : response.headers) {
        // The server alone decides about the framing, so that it always fits the body.
        if (is_framing(text::to_lower(name))) continue;
        append_clean(head, name);
        head += ": ";
        append_clean(head, value);
        head += "\r\n";
    }
    if (options.chunked) head += "Transfer-Encoding: chunked\r\n";
    if (options.content_length)
        fmt::format_to(out, "Content-Length: {}\r\n", *options.content_length);
    if (!options.keep_alive) head += "Connection: close\r\n";
    if (options.keep_alive && options.http10) head += "Connection: keep-alive\r\n";
    head += "\r\n";
    return head;
}

} // namespace heliosd::net
