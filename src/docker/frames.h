// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker/engine.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace heliosd::docker {

/// Takes the stream apart in which Docker sends stdout and stderr of a container without a
/// terminal: frames of one byte for the stream, three of nothing, four for the length, then so many
/// bytes. Payload is handed on as it comes, so a frame of any length costs no memory.
class FrameDecoder {
public:
    /// Appends what `bytes` brought to `chunks`. Errors: `bad_answer` when this is no such stream;
    /// what came before the fault is in `chunks`.
    Result<> feed(std::string_view bytes, std::vector<LogChunk>& chunks);
    /// Whether the stream may end here: `broken` in the middle of a frame.
    Result<> finish() const;

private:
    static constexpr std::size_t header_size = 8;

    std::array<unsigned char, header_size> header_{};
    std::size_t header_length_ = 0; ///< bytes of the header that have come
    std::uint32_t payload_left_ = 0;
    LogChunk::Stream stream_ = LogChunk::Stream::out;
};

} // namespace heliosd::docker
