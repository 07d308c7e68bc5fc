// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "master/view/cluster_mirror.h"
#include "net/http/router.h"
#include "store/store.h"

#include <memory>

namespace heliosd::master {

/// The admin port (spec/operations.md §12, §13): liveness and health of this process.
class Admin {
public:
    Admin(store::Store& store, ClusterMirror const& mirror, Clock& clock);

    Async<net::Response> handle(net::Request request, net::Context context);

private:
    Async<net::Response> ping(net::Call call);
    Async<net::Response> healthcheck(net::Call call);

    store::Store& store_;
    ClusterMirror const& mirror_;
    Clock& clock_;
    std::unique_ptr<net::Router> router_;
};

} // namespace heliosd::master
