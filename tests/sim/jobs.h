// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/job.h"

#include <string>

namespace heliosd::sim {

/// A job of the simulation, with its full id and the document that creates it.
struct JobPlan {
    model::Job job;
    std::string id, document;
};

JobPlan plan_job(model::Job job);

} // namespace heliosd::sim
