// SPDX-License-Identifier: Apache-2.0
#include "docker/frames.h"

#include <cstdlib>

namespace {

using heliosd::docker::FrameDecoder;
using heliosd::docker::LogChunk;

struct Outcome {
    std::string out, err;
    bool good = true, whole = true;
    bool operator==(Outcome const&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t step) {
    Outcome outcome;
    FrameDecoder decoder;
    for (std::size_t at = 0; at < bytes.size() && outcome.good; at += step) {
        std::vector<LogChunk> chunks;
        outcome.good = decoder.feed(bytes.substr(at, step), chunks).has_value();
        for (auto const& chunk : chunks)
            (chunk.stream == LogChunk::Stream::out ? outcome.out : outcome.err) += chunk.bytes;
    }
    outcome.whole = outcome.good && decoder.finish().has_value();
    return outcome;
}

} // namespace

/// However a stream is cut, the same comes out of it, and never more than went in.
extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const whole = decode(bytes, size + 1);
    if (whole.out.size() + whole.err.size() > size) std::abort();
    if (decode(bytes, 1) != whole || decode(bytes, 7) != whole) std::abort();
    return 0;
}
