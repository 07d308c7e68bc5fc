// SPDX-License-Identifier: Apache-2.0
#include "docker/json_lines.h"

#include "docker/engine.h"

#include <algorithm>

namespace heliosd::docker {

void JsonLines::feed(std::string_view bytes) {
    // Moving the rest to the front only here keeps a portion of many lines linear.
    buffer_.erase(0, read_);
    scanned_ -= read_;
    read_ = 0;
    buffer_ += bytes;
}

void JsonLines::finish() {
    finished_ = true;
}

Result<std::optional<json::Value>> JsonLines::next() {
    for (;;) {
        auto end = buffer_.find('\n', scanned_);
        if (end == std::string::npos) {
            scanned_ = buffer_.size();
            if (scanned_ - read_ > max_line) {
                read_ = scanned_;
                return fail(EngineErrc::bad_answer, "docker: a line of more than 1 MiB");
            }
            if (!finished_ || read_ == buffer_.size()) return std::nullopt;
            end = buffer_.size();
        }
        auto line = std::string_view(buffer_).substr(read_, end - read_);
        read_ = scanned_ = std::min(end + 1, buffer_.size());

        // Pulls end their lines with \r\n.
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        if (line.empty()) continue;
        auto document = json::parse(line, {.bytes = max_line});
        if (!document)
            return fail(EngineErrc::bad_answer, "docker: not JSON: " + document.error().message);
        return std::move(*document);
    }
}

} // namespace heliosd::docker
