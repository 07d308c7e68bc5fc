// SPDX-License-Identifier: Apache-2.0
#include "docker/engine.h"

#include "base/error_category.h"

namespace heliosd::docker {
namespace {

std::string_view text_of(EngineErrc e) {
    switch (e) {
    case EngineErrc::unavailable: return "docker is not reachable";
    case EngineErrc::broken: return "connection to docker broke";
    case EngineErrc::timed_out: return "docker did not answer in time";
    case EngineErrc::container_not_found: return "no such container";
    case EngineErrc::image_not_found: return "no such image";
    case EngineErrc::pull_failed: return "pull failed";
    case EngineErrc::conflict: return "conflict";
    case EngineErrc::not_running: return "container is not running";
    case EngineErrc::request: return "refused by docker";
    case EngineErrc::bad_answer: return "answer not understood";
    }
    return "unknown error";
}

} // namespace

std::error_category const& engine_category() noexcept {
    static ErrorCategory<EngineErrc, text_of> const category("docker");
    return category;
}

} // namespace heliosd::docker
