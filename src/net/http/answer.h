// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/server.h"

namespace heliosd::net {

/// Runs a handler. An exception other than cancellation is logged with a new id and answered with a
/// 500 that contains the id (spec/rest-api.md §1.8).
Async<Response> answer_safely(Handler handler, Request request, Context context);

/// `{"message":"…"}` with this status.
Response message_response(int status, std::string_view message);

/// A refusal without a body, where the API of Helios 0.9 has none (spec/rest-api.md §1.2, §1.4):
/// the sentence is the reason in the status line.
Response empty_refusal(int status, std::string_view why);

struct HeadOptions {
    bool keep_alive = true;
    bool http10 = false;                         ///< keep-alive must be stated
    std::optional<std::uint64_t> content_length; ///< none and not `chunked`: until close
    bool chunked = false;
};
/// The head of a response, with its empty line. Line breaks in names and values become spaces: text
/// that a handler copied from a request must not add a header.
std::string format_head(Response const& response, HeadOptions options);

} // namespace heliosd::net
