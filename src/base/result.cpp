// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include "base/error_category.h"

namespace heliosd {
namespace {

std::string_view text_of(Errc e) {
    switch (e) {
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

} // namespace

std::error_category const& heliosd_category() noexcept {
    static ErrorCategory<Errc, text_of> const category("heliosd");
    return category;
}

} // namespace heliosd
