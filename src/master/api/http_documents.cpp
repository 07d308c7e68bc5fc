// SPDX-License-Identifier: Apache-2.0
#include "master/api/http_documents.h"

#include "base/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace heliosd::master {

namespace {

constexpr std::string_view json_type = "application/json";

/// Takes what stands before `separator` off `text`.
std::string_view take(std::string_view& text, char separator) {
    auto const end = std::min(text.find(separator), text.size());
    auto const part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return text::trim(part);
}

/// `application/json`, `text/json`, `x/json`, `x/y+json`, with any parameters.
bool is_json_type(std::string_view header) {
    auto const type = text::to_lower(take(header, ';'));
    auto const slash = type.find('/');
    if (slash == std::string::npos || slash == 0) return false;
    auto const subtype = std::string_view(type).substr(slash + 1);
    return subtype == "json" || subtype.ends_with("+json");
}

bool is_zero_quality(std::string_view parameters) {
    while (!parameters.empty()) {
        auto parameter = take(parameters, ';');
        auto const name = text::to_lower(take(parameter, '='));
        if (name != "q") continue;
        auto const value = text::trim(parameter);
        return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

} // namespace

net::Response json_response(int status, json::Value const& document) {
    return json_body(status, json::write(document));
}

net::Response json_body(int status, net::Body body) {
    net::Response response{.status = status, .body = std::move(body)};
    response.headers.set("Content-Type", std::string(json_type));
    return response;
}

net::Response text_error(std::string text) {
    return json_body(400, std::move(text));
}

net::Response message(int status, std::string text) {
    return json_response(status, json::Object{{"message", std::move(text)}});
}

net::Response refusal(int status, std::string sentence) {
    return net::Response{.status = status, .reason = std::move(sentence)};
}

net::Response too_costly(std::string_view parameter) {
    return message(400, fmt::format("{}: matching it takes too many steps; simplify the "
                                    "expression, above all repetitions inside repetitions",
                                    parameter));
}

std::expected<json::Value, net::Response> read_document(net::Request const& request) {
    auto const* const type = request.headers.find("Content-Type");
    if (!type || !is_json_type(*type))
        return std::unexpected(refusal(415, "the Content-Type must be application/json"));
    if (request.body.find_first_not_of(" \t\r\n") == std::string::npos)
        return std::unexpected(json_response(422, json::Object{{"errors", json::Array{}}}));
    auto document = json::parse(request.body);
    if (!document) return std::unexpected(message(400, document.error().message));
    if (document->is_null())
        return std::unexpected(json_response(422, json::Object{{"errors", json::Array{}}}));
    return std::move(*document);
}

bool accepts(net::Headers const& headers, std::string_view type) {
    auto const* const header = headers.find("Accept");
    if (!header || text::trim(*header).empty()) return true;
    auto const any_subtype = std::string(type.substr(0, type.find('/'))) + "/*";
    std::string_view rest = *header;
    while (!rest.empty()) {
        auto range = take(rest, ',');
        auto const name = text::to_lower(take(range, ';'));
        // Java clients write a lone `*`.
        bool const matches = name == "*/*" || name == "*" || name == type || name == any_subtype;
        if (matches && !is_zero_quality(range)) return true;
    }
    return false;
}

} // namespace heliosd::master
