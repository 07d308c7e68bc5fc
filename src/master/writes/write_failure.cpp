// SPDX-License-Identifier: Apache-2.0
#include "master/writes/write_failure.h"

#include "store/node.h"

namespace heliosd::master {

using store::StoreErrc;

WriteFailure classify(Error const& error) {
    if (error.code.category() != store::store_category()) return WriteFailure::fatal;
    switch (static_cast<StoreErrc>(error.code.value())) {
    case StoreErrc::not_found:
    case StoreErrc::exists:
    case StoreErrc::version_conflict:
    case StoreErrc::not_empty: return WriteFailure::refused;
    case StoreErrc::outcome_unknown:
    case StoreErrc::session_lost: return WriteFailure::outcome_unknown;
    case StoreErrc::no_auth:
    case StoreErrc::too_large:
    case StoreErrc::bad_path:
    case StoreErrc::unavailable:
    case StoreErrc::closed: break;
    }
    return WriteFailure::fatal;
}

} // namespace heliosd::master
