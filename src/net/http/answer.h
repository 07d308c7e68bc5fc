// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/server.h"

namespace heliosd::net {

/// Runs a handler. An exception that is not our own cancellation is logged under a fresh id and
/// answered as a 500 that tells that id (spec/rest-api.md §1.8).
Async<Response> answer_safely(Handler handler, Request request, Context context);

/// `{"message":"…"}` with this status.
Response message_response(int status, std::string_view message);

/// The head of a response, up to and including its empty line. Line breaks in names and values
/// become spaces: what a handler copied from outside must not forge a header.
struct HeadOptions {
    bool keep_alive = true;
    bool http10 = false;                         ///< keep-alive must be said
    std::optional<std::uint64_t> content_length; ///< none and not `chunked`: the close is the end
    bool chunked = false;
};
std::string format_head(Response const& response, HeadOptions options);

} // namespace heliosd::net
