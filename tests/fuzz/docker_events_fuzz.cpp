// SPDX-License-Identifier: Apache-2.0
#include "docker/answers.h"
#include "docker/json_lines.h"
#include "docker/pull_stream.h"

#include <cstdlib>
#include <vector>

namespace {

using namespace heliosd::docker;

/// What the events of `bytes` say, whatever the pieces they come in.
std::vector<std::string> decode(std::string_view bytes, std::size_t step) {
    std::vector<std::string> seen;
    JsonLines lines;
    auto const drain = [&] {
        for (;;) {
            auto line = lines.next();
            if (!line) {
                seen.push_back("!");
                continue;
            }
            if (!*line) return;
            auto const event = event_from_json(**line);
            if (!event)
                seen.push_back("?");
            else if (*event)
                seen.push_back((*event)->action + " " + (*event)->container_id);
        }
    };
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        lines.feed(bytes.substr(at, step));
        drain();
    }
    lines.finish();
    drain();
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(unsigned char const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    auto const whole = decode(bytes, size + 1);
    if (decode(bytes, 3) != whole) std::abort();

    // The documents of single answers, and the messages of a pull, share the reader.
    (void)container_from_json(bytes);
    (void)containers_from_json(bytes);
    (void)version_from_json(bytes);
    (void)refusal(Subject::pull, 500, bytes);
    PullDecoder pull({});
    if (pull.feed(bytes)) (void)pull.finish();
    return 0;
}
