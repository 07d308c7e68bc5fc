// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heliosd::cli {

/// Changes a job on each of the hosts (spec/cli.md §12.4–12.7): prints every answer and returns the
/// exit code. `type` is the name of the answers in texts: `JobDeployResponse`.
Async<Result<int>>
on_each_host(Session& session, std::vector<std::string> hosts, std::string_view type,
             std::function<Async<Result<client::Answer>>(std::string const& host)> change);

} // namespace heliosd::cli
