// SPDX-License-Identifier: Apache-2.0
#include "master/writes/base_nodes.h"

#include "layout/paths.h"

#include <array>
#include <string>

namespace heliosd::master {
namespace {

constexpr std::array base_paths{
    layout::config_hosts,   layout::config_jobs,  layout::config_job_refs, layout::status_hosts,
    layout::status_masters, layout::history_jobs, layout::config_groups,   layout::status_groups};

} // namespace

Async<Result<>> ensure_base_nodes(store::Store& store) {
    for (auto const path : base_paths) {
        CO_TRY(co_await store::ensure_path(store, std::string(path)));
    }
    co_return Result<>{};
}

} // namespace heliosd::master
