// SPDX-License-Identifier: Apache-2.0
#include "store/zk/reconnect.h"

#include "support/catch.h"

namespace heliosd::store {
namespace {

using namespace std::chrono_literals;
using Ended = ConnectionFacts::Ended;

TEST_CASE("store: how a session goes on without a connection") {
    struct Row {
        char const* reason;
        ConnectionFacts facts;
        Reconnect decision;
    };
    for (auto const& row : {
             Row{"the library has the watches set again", {}, Reconnect::same_handle},
             Row{"the library may send half of a lost request later",
                 {.requests_lost = true},
                 Reconnect::fresh_handle},
             Row{"one short connection may be an accident",
                 {.useless_connections = 1},
                 Reconnect::same_handle},
             Row{"the watches do not fit into one packet",
                 {.useless_connections = 2},
                 Reconnect::fresh_handle},
             Row{"a server that is loading refuses dozens of times",
                 {.refusals = 30, .refused_for = 29s},
                 Reconnect::same_handle},
             Row{"two refusals are few, however far apart",
                 {.refusals = 2, .refused_for = 50s},
                 Reconnect::same_handle},
             Row{"the servers are older than what was seen",
                 {.refusals = 3, .refused_for = 30s},
                 Reconnect::fresh_handle},
             Row{"the session is over", {.ended = Ended::expired}, Reconnect::new_session},
             Row{"over with requests on their way",
                 {.ended = Ended::expired, .requests_lost = true},
                 Reconnect::new_session},
             Row{"credentials do not get better by themselves",
                 {.ended = Ended::credentials_refused},
                 Reconnect::new_session_later},
         }) {
        CAPTURE(row.reason);
        auto facts = row.facts;
        facts.session_timeout = 60s;
        CHECK(decide_reconnect(facts) == row.decision);
    }
}

TEST_CASE("store: maxClientCnxns is not blamed before servers have had the time to load") {
    CHECK(describe_refusal(5s, 60s) == "the server closed the connection before the session began: "
                                       "it may still be starting");
    CHECK_THAT(describe_refusal(40s, 60s), Catch::Contains("maxClientCnxns"));
}

} // namespace
} // namespace heliosd::store
