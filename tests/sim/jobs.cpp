// SPDX-License-Identifier: Apache-2.0
#include "sim/jobs.h"

#include <utility>

namespace heliosd::sim {

JobPlan plan_job(model::Job job) {
    job.id.hash = model::job_hash(job);
    auto const id = job.id.to_string();
    auto document = json::write(model::to_json(job, model::Mode::common));
    return {std::move(job), id, std::move(document)};
}

} // namespace heliosd::sim
