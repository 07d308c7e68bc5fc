// SPDX-License-Identifier: Apache-2.0
#include "store/zk/reconnect.h"

namespace heliosd::store {
namespace {

/// So many useless connections, or refusals, are no accident.
constexpr int most_useless = 2, most_refusals = 3;

/// Longer than servers take to load; sooner than they end the session.
bool is_long(Duration refused_for, Duration session_timeout) {
    return refused_for >= session_timeout / 2;
}

} // namespace

Reconnect decide_reconnect(ConnectionFacts const& facts) {
    switch (facts.ended) {
    case ConnectionFacts::Ended::expired: return Reconnect::new_session;
    case ConnectionFacts::Ended::credentials_refused: return Reconnect::new_session_later;
    case ConnectionFacts::Ended::no: break;
    }
    if (facts.requests_lost || facts.useless_connections >= most_useless)
        return Reconnect::fresh_handle;
    if (facts.refusals >= most_refusals && is_long(facts.refused_for, facts.session_timeout))
        return Reconnect::fresh_handle;
    return Reconnect::same_handle;
}

std::string describe_refusal(Duration refused_for, Duration session_timeout) {
    std::string text = "the server closed the connection before the session began: ";
    if (!is_long(refused_for, session_timeout)) return text + "it may still be starting";
    return text + "it has no quorum, or too many connections from this address (then set its "
                  "maxClientCnxns to 0)";
}

} // namespace heliosd::store
