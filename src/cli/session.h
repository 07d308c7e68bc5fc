// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/rng.h"
#include "cli/settings.h"
#include "client/master_client.h"
#include "net/http/http.h"

#include <iosfwd>

namespace heliosd::cli {

/// What a run acts through. `main` passes the real ones, tests their own; all outlive the run.
struct Services {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    net::HttpClient& http;
    Clock& clock;
    Rng& rng;
    Files& files;
};

/// One command on one target. It lives while the command runs; the command suspends only in calls
/// of `master`.
struct Session {
    Settings const& settings;
    options::Parsed const& args; ///< of the command
    Services& services;
    client::MasterClient& master;

    bool json() const { return settings.json; }
    std::ostream& out() const { return services.out; }
    std::ostream& err() const { return services.err; }
};

} // namespace heliosd::cli
