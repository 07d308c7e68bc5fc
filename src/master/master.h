// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/async/task_group.h"
#include "master/api/admin.h"
#include "master/api/api.h"
#include "master/view/cluster_mirror.h"
#include "master/workers/expired_jobs.h"
#include "master/workers/history_cleaner.h"
#include "master/workers/registration.h"
#include "net/endpoint.h"
#include "net/http/cross_site.h"
#include "net/http/server.h"

#include <optional>
#include <string>
#include <vector>

namespace heliosd::master {

struct MasterOptions {
    std::string name;
    net::Endpoint http{.host = "0.0.0.0", .port = 5801};
    std::optional<net::Endpoint> admin = net::Endpoint{.host = "0.0.0.0", .port = 5802};
    std::vector<std::string> allowed_capabilities;
    net::CrossSitePolicy cross_site;       ///< for requests of browsers
    net::AdmitConnection admit_connection; ///< none = every client may connect
};

/// One master: it answers the API from its mirror of the tree, and writes to the tree what the API
/// asks for. Any number of them work side by side. The personality owns it together with the store,
/// the clock and the randomness it refers to.
class Master {
public:
    Master(Executor executor, store::Store& store, Clock& clock, Rng& rng, MasterOptions options);

    /// Binds both ports. Error: a sentence that names the option, the address and the reason.
    Result<> listen();
    /// The ports that were bound; 0 before `listen`.
    std::uint16_t http_port() const { return http_port_; }
    std::uint16_t admin_port() const { return admin_port_; }

    /// Listens, unless that is done, then works until cancelled. The end is orderly: no new
    /// requests, time for those in progress, then the registration is withdrawn.
    Async<Result<void>> run();

private:
    Async<void> body();

    Clock& clock_;
    Rng& rng_;
    MasterOptions options_;
    ClusterMirror mirror_;
    Registration registration_;
    HistoryRemovals removals_;
    ExpiredJobs expired_jobs_;
    HistoryCleaner history_cleaner_;
    Api api_;
    Admin admin_;
    net::Server http_server_, admin_server_;
    std::uint16_t http_port_ = 0, admin_port_ = 0;
    bool listening_ = false;
    TaskGroup services_;
};

} // namespace heliosd::master
