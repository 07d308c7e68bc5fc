// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/clock.h"
#include "base/async/rng.h"
#include "base/environment.h"
#include "base/files.h"
#include "base/options/options.h"
#include "client/master_client.h"
#include "net/http/http.h"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace heliosd::cli {

/// What the command line stands on. `main` passes the real things, tests their own; all of it
/// outlives the run.
struct Surroundings {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    Environment environment;
    std::uint32_t uid = 0;
    net::HttpClient& http;
    Clock& clock;
    Rng& rng;
    Files& files;
};

/// One command on one target. It lives while the command runs; the command suspends only in calls
/// of `master`.
struct Session {
    Surroundings& world;
    options::Parsed const& words;
    client::MasterClient& master;
    bool has_target = true;

    bool json() const { return words.given("json"); }
    std::ostream& out() const { return world.out; }
    std::ostream& err() const { return world.err; }
};

/// The domains of the resolver's search list, without final dots (spec/cli.md §8.2).
std::vector<std::string> search_domains(Files& files);
/// The same from the text of a resolv.conf: the last `search` or `domain` line counts.
std::vector<std::string> search_domains(std::string_view resolv_conf);

} // namespace heliosd::cli
