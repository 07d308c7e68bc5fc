// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heliosd::test {

/// What a function of conformance/cli-cases.json answers: a value, or the sentence of an error.
using CaseFunction = std::function<Result<json::Value>(json::Value const& input)>;
using CaseFunctions = std::map<std::string, CaseFunction>;

/// Those of spec/cli.md §16 that this client has, by name: how words are read, …
CaseFunctions word_cases();
/// … and how values are shown.
CaseFunctions cell_cases();

/// The values of a case's input.
inline std::vector<std::string> texts(json::Value const* value) {
    std::vector<std::string> list;
    if (value == nullptr || value->if_array() == nullptr) return list;
    for (auto const& item : *value->if_array()) list.push_back(*item.if_string());
    return list;
}

inline std::optional<std::string> text(json::Value const* value) {
    if (value == nullptr || value->if_string() == nullptr) return std::nullopt;
    return *value->if_string();
}

inline json::Value list(std::vector<std::string> const& items) {
    return json::Array(items.begin(), items.end());
}

inline std::int64_t number(json::Value const& value) {
    return value.if_integer().value();
}

inline std::optional<std::int32_t> maybe_int32(json::Value const* value) {
    if (value == nullptr || value->is_null()) return std::nullopt;
    return static_cast<std::int32_t>(number(*value));
}

} // namespace heliosd::test
