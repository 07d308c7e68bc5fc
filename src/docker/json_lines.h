// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json/json.h"
#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heliosd::docker {

/// Takes a stream of JSON documents apart, one on each line, as Docker sends events and the
/// progress of a pull. Bytes come in any portions.
class JsonLines {
public:
    static constexpr std::size_t max_line = 1024 * 1024;

    void feed(std::string_view bytes);
    /// Without its end a last line may be a document all the same: call this when the stream ended.
    void finish();
    /// The next document, if one is complete. Errors: `bad_answer` for a line that is not JSON
    /// (which is then skipped) or too long.
    Result<std::optional<json::Value>> next();

private:
    std::string buffer_;
    std::size_t read_ = 0;    ///< what stands before this has been handed out
    std::size_t scanned_ = 0; ///< between `read_` and this there is no end of a line
    bool finished_ = false;
};

} // namespace heliosd::docker
