// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heliosd::master {

/// Where the value of a member stands in the text of an object.
struct Span {
    std::size_t begin = 0, length = 0;
};

/// Finds the value of the top-level member `name` without reading the document: statuses are many
/// and most of their text is a job that is known already. Nothing when the member is not there
/// exactly once, is spelt with escapes, or the text is no object; then parse the document instead.
std::optional<Span> member_span(std::string_view object, std::string_view name);

} // namespace heliosd::master
