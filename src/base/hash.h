// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heliosd {

/// SHA-1 of `bytes` as 40 lower-case hex digits.
std::string sha1_hex(std::string_view bytes);

/// Standard alphabet, padded.
std::string base64_encode(std::string_view bytes);
/// The bytes, or nothing when `text` is not of the standard alphabet, padded.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace heliosd
