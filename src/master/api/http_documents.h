// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "net/http/http.h"

#include <expected>
#include <string>
#include <string_view>

/// Answers of the API in the forms of spec/rest-api.md §1.8.
namespace heliosd::master {

net::Response json_response(int status, json::Value const& document);
/// A body that is JSON text already.
net::Response json_body(int status, net::Body body);
/// The bare text, labelled as JSON all the same [quirk].
net::Response text_error(std::string text);
/// `{"message":…}`
net::Response message(int status, std::string text);
/// A refusal whose body has to be empty: the sentence stands in the status line.
net::Response refusal(int status, std::string sentence);
/// 400 for a regular expression whose matching was given up.
net::Response too_costly(std::string_view parameter);

/// The document in a request, or the answer that refuses it: 415, 422, 400.
std::expected<json::Value, net::Response> read_document(net::Request const& request);

/// Whether the client accepts `type` (`application/json`).
bool accepts(net::Headers const& headers, std::string_view type);

} // namespace heliosd::master
