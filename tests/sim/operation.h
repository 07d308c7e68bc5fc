// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/history.h"
#include "sim/jobs.h"
#include "sim/processes.h"

#include <optional>
#include <span>
#include <string>

namespace heliosd::sim {

/// One request of an operator.
struct Operation {
    enum class Kind { create, remove, deploy, start, stop, undeploy, enrol, deregister } kind;
    JobPlan const* job = nullptr;
    std::string host;
    std::string user; ///< by which its own effect is known again
    /// Whether nobody else can have done the same meanwhile.
    bool alone = true;
};

std::string_view to_string(Operation::Kind kind);
std::string describe(Operation const& operation);

/// What the API is asked.
struct ApiCall {
    std::string method, target, body;
};
ApiCall call_for(Operation const& operation);

/// Whether the answer is true of some moment between request and answer, and a refusal of something
/// that did not happen. Answers what is wrong.
std::optional<std::string> judge(Operation const& operation, ApiReply const& reply,
                                 History const& history, History::Window window,
                                 std::span<std::string const> hosts);

} // namespace heliosd::sim
