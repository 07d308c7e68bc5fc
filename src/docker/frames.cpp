// SPDX-License-Identifier: Apache-2.0
#include "docker/frames.h"

#include <fmt/format.h>

#include <algorithm>

namespace heliosd::docker {

Result<> FrameDecoder::feed(std::string_view bytes, std::vector<LogChunk>& chunks) {
    while (!bytes.empty()) {
        if (payload_left_ > 0) {
            auto const piece = bytes.substr(0, payload_left_);
            chunks.push_back({stream_, std::string(piece)});
            payload_left_ -= static_cast<std::uint32_t>(piece.size());
            bytes.remove_prefix(piece.size());
            continue;
        }

        auto const taken = std::min(header_size - header_length_, bytes.size());
        std::copy_n(bytes.begin(), taken, header_.begin() + header_length_);
        header_length_ += taken;
        bytes.remove_prefix(taken);
        if (header_length_ < header_size) break;

        // 0 is stdin (never sent), 1 stdout, 2 stderr, 3 an error of the daemon itself.
        header_length_ = 0;
        bool const padding_is_zero = header_[1] == 0 && header_[2] == 0 && header_[3] == 0;
        if (header_[0] > 3 || !padding_is_zero)
            return fail(EngineErrc::bad_answer,
                        fmt::format("docker: the log stream is not in frames (a header starts with "
                                    "{:02x} {:02x} {:02x} {:02x}); does the container have a tty?",
                                    header_[0], header_[1], header_[2], header_[3]));
        stream_ = header_[0] >= 2 ? LogChunk::Stream::err : LogChunk::Stream::out;
        payload_left_ = std::uint32_t{header_[4]} << 24 | std::uint32_t{header_[5]} << 16 |
                        std::uint32_t{header_[6]} << 8 | std::uint32_t{header_[7]};
    }
    return {};
}

Result<> FrameDecoder::finish() const {
    if (header_length_ > 0 || payload_left_ > 0)
        return fail(EngineErrc::broken, "docker: the log stream ended in the middle of a frame");
    return {};
}

} // namespace heliosd::docker
