// SPDX-License-Identifier: Apache-2.0
#include "docker/engine.h"

namespace heliosd::docker {
namespace {

class Category final : public std::error_category {
public:
    char const* name() const noexcept override { return "docker"; }

    std::string message(int value) const override {
        switch (static_cast<EngineErrc>(value)) {
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
};

} // namespace

std::error_category const& engine_category() noexcept {
    static Category const category;
    return category;
}

} // namespace heliosd::docker
