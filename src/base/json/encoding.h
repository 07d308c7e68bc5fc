// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace heliosd::json {

/// UTF-16 or UTF-32 text, recognised by its byte order mark or by the zero bytes of its first
/// characters, as UTF-8; nothing when `text` is UTF-8 already.
Result<std::optional<std::string>> transcoded(std::string_view text);

} // namespace heliosd::json
