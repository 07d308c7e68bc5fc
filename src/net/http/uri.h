// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Escapes and query strings of request targets.
namespace heliosd::net {

/// Percent-decodes; nothing on a malformed escape. `plus_is_space` for query strings.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Escapes everything but unreserved characters and those of `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

/// The parameters of a query string by the rules of spec/rest-api.md §1.3: a name given
/// twice counts once, with its first value; a parameter with a malformed escape is ignored.
class Query {
public:
    explicit Query(std::string_view text);
    std::string const* find(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

} // namespace heliosd::net
