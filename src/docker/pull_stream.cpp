// SPDX-License-Identifier: Apache-2.0
#include "docker/pull_stream.h"

#include "base/text.h"
#include "docker/answers.h"

#include <algorithm>
#include <array>

namespace heliosd::docker {
namespace {

bool has_any(std::string_view text, auto const& words) {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return text.find(word) != text.npos; });
}

} // namespace

PullTarget pull_target(std::string_view image) {
    if (image.find('@') != image.npos) return {std::string(image), ""};
    auto const colon = image.rfind(':');
    bool const tagged = colon != image.npos && image.find('/', colon) == image.npos;
    if (!tagged) return {std::string(image), "latest"};
    return {std::string(image.substr(0, colon)), std::string(image.substr(colon + 1))};
}

EngineErrc classify_pull_error(std::string_view text) {
    auto const said = text::to_lower(text);
    constexpr std::array<std::string_view, 3> surely_missing{"manifest unknown", "name unknown",
                                                             "not known to registry"};
    if (has_any(said, surely_missing)) return EngineErrc::image_not_found;
    // "not found" also occurs in errors about hosts and credential helpers, so errors of the
    // transport are matched first.
    constexpr std::array<std::string_view, 14> on_the_way{
        "dial tcp",
        "no such host",
        "server misbehaving",
        "connection re",
        "i/o timeout",
        "deadline exceeded",
        "x509:",
        "tls:",
        "unauthorized:",
        "no basic auth",
        "toomanyrequests",
        "docker-credential",
        "executable file",
        "unexpected http status",
    };
    if (has_any(said, on_the_way)) return EngineErrc::pull_failed;
    constexpr std::array<std::string_view, 3> missing{"not found", "does not exist",
                                                      "no such image"};
    return has_any(said, missing) ? EngineErrc::image_not_found : EngineErrc::pull_failed;
}

Result<> PullDecoder::feed(std::string_view bytes) {
    lines_.feed(bytes);
    return drain();
}

Result<> PullDecoder::finish() {
    lines_.finish();
    return drain();
}

Result<> PullDecoder::drain() {
    for (;;) {
        auto message = TRY(lines_.next());
        if (!message) return {};
        // Old daemons send only `error`, some proxies only `errorDetail`.
        auto error = text_of(*message, "error");
        if (auto const* detail = message->find("errorDetail"); detail && error.empty())
            error = text_of(*detail, "message");
        if (!error.empty()) return fail(classify_pull_error(error), error);
        if (progress_)
            progress_({text_of(*message, "status"), text_of(*message, "id"),
                       text_of(*message, "progress")});
    }
}

} // namespace heliosd::docker
