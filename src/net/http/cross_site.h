// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/http/http.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which requests of browsers are answered. A web page can make the browser of an operator send
/// requests to any address that this browser reaches, so what a foreign page causes is refused
/// (DNS rebinding, cross-site request forgery). Programs send no `Origin` and are not concerned.
namespace heliosd::net {

struct CrossSitePolicy {
    std::vector<std::string> allowed_origins; ///< `https://dashboard.example`, in lower case
    /// The names by which this machine may be addressed, in lower case; none = any `Host`.
    std::optional<std::vector<std::string>> host_names;
};

/// `SCHEME://HOST[:PORT]` in lower case, as browsers send it; nothing when it is no origin.
std::optional<std::string> parse_origin(std::string_view text);

/// Whether pages of this origin may send requests.
bool is_allowed_origin(std::vector<std::string> const& allowed, std::string_view origin);

/// The sentence with which a request is refused, or nothing when it may pass.
std::optional<std::string> refuse_cross_site(CrossSitePolicy const& policy, std::string_view method,
                                             Headers const& headers);

/// The names of this machine: `localhost`, `names` (what `uname -n` says and the like), and every
/// name that stands beside one of them in a line of `hosts`. Not the resolver's search domains:
/// those come from the network, which could name the machine as it likes.
std::vector<std::string> machine_names(std::vector<std::string> const& names,
                                       std::string_view hosts);

} // namespace heliosd::net
