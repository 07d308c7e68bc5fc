// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

namespace heliosd {
namespace {

class Category final : public std::error_category {
public:
    char const* name() const noexcept override { return "heliosd"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
        case Errc::closed: return "closed";
        case Errc::timed_out: return "timed out";
        case Errc::unavailable: return "unavailable";
        case Errc::invalid: return "invalid";
        case Errc::too_large: return "too large";
        case Errc::not_found: return "not found";
        case Errc::io: return "input/output error";
        case Errc::locked: return "locked by another process";
        case Errc::unauthorized: return "not authorized";
        }
        return "unknown error";
    }
};

} // namespace

std::error_category const& heliosd_category() noexcept {
    static Category const category;
    return category;
}

} // namespace heliosd
